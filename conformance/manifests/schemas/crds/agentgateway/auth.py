"""`policies.auth` of an AgentgatewayBackend (agentgateway 1.4): where the key comes from and where it goes.

FACTS 4.1; limits and messages from its CRD. Of token exchange only the name is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.manifests.schemas.crds.common import at_most_one_of, exactly_one_of, has
from conformance.manifests.schemas.schema import Schema, anything, choice, listing, mapping, record, rule, text

__all__ = ["auth", "secret_reference"]

Fields = Mapping[str, Any]

_KINDS = ("key", "secretRef", "passthrough", "aws", "azure", "gcp", "oauthTokenExchange", "crossAppAccess")
_HEADER = r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$"


@rule(
    f"must specify credentials, or at most one of {'/'.join(_KINDS)}"
    " (credentials may be combined with a primary auth kind)"
)
def _some_credential(given: Fields, _old: object) -> bool:
    return any(has(given, name) for name in ("credentials", *_KINDS))


@rule("location may only be set for key, secretRef, or passthrough auth")
def _location_of_a_key(given: Fields, _old: object) -> bool:
    return not has(given, "location") or any(has(given, name) for name in ("key", "secretRef", "passthrough"))


@rule("custom credential refs must set both group and kind")
def _group_with_kind(reference: Fields, _old: object) -> bool:
    if not reference.get("group"):
        return reference.get("kind") in (None, "", "Secret")
    return bool(reference.get("kind"))


@rule("secretRef and assumeRole are mutually exclusive")
def _secret_or_role(aws: Fields, _old: object) -> bool:
    return not (has(aws, "secretRef") and has(aws, "assumeRole"))


@rule("exactly one of value or expression must be set")
def _value_or_expression(tag: Fields, _old: object) -> bool:
    return has(tag, "value") != has(tag, "expression")


@rule("audience is only valid with IdToken")
def _audience_of_id_token(gcp: Fields, _old: object) -> bool:
    # The type is absent for an access token; CEL's comparison then fails, which is a refusal, too.
    return not has(gcp, "audience") or gcp.get("type") == "IdToken"


def secret_reference(*, with_key: bool = False) -> Schema:
    """A Secret in the Backend's namespace, `with_key` one value of it."""
    fields = {
        "group": text("Group of a source that is no Secret."),
        "kind": text("Kind of a source that is no Secret."),
        "name!": text("Its name.", least=1, most=253),
    }
    if with_key:
        fields["key"] = text("Name of the value; Authorization when absent.", least=1, most=253)
    return record("A Secret in the Backend's namespace.", fields, rules=[_group_with_kind], atomic=True)


def _location() -> Schema:
    def named(doc: str) -> Schema:
        return record(doc, {"name!": text("Its name.", least=1, most=256)})

    header = {
        "name!": text("Its name.", least=1, most=256, pattern=_HEADER),
        "prefix": text("What stands before the key.", least=1, most=256),
    }
    return record(
        "Where the key goes, when not `Authorization: Bearer KEY`.",
        {"cookie": named("A cookie."), "header": record("A header.", header), "queryParameter": named("In the query.")},
        rules=[exactly_one_of("header", "queryParameter", "cookie")],
    )


def _aws() -> Schema:
    tag = record(
        "One tag.",
        {
            "expression": text("Its value, as an expression.", least=1, most=16384),
            "key!": text("Its name.", least=1, most=128),
            "value": text("Its value.", most=256),
        },
        rules=[_value_or_expression],
    )
    role = record(
        "A role to take.",
        {
            "roleArn!": text("Its ARN.", least=1, pattern="^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"),
            "sessionName": text("Name of the session.", pattern=r"^[\w+=,.@-]{2,64}$"),
            "sessionNameExpression": text("The same, as an expression.", least=1, most=16384),
            "tags": listing("Tags of the session.", tag, most=50, keys=["key"]),
        },
        rules=[at_most_one_of("sessionName", "sessionNameExpression")],
    )
    return record(
        "AWS credentials; those of the surroundings when empty.",
        {
            "assumeRole": role,
            "region": text("Region.", least=1, most=256),
            "secretRef": secret_reference(),
            "serviceName": text("Service to sign for.", least=1, most=256),
        },
        rules=[_secret_or_role],
    )


def _azure() -> Schema:
    identity = {"clientId!": text("Client."), "objectId!": text("Object."), "resourceId!": text("Resource.")}
    return record(
        "Azure credentials; those of the surroundings when empty.",
        {
            "managedIdentity": record("A managed identity.", identity),
            "secretRef": secret_reference(),
            "workloadIdentity": record("The workload's identity.", {}),
        },
        rules=[at_most_one_of("secretRef", "managedIdentity", "workloadIdentity")],
    )


def _gcp() -> Schema:
    return record(
        "Google credentials; those of the surroundings when empty.",
        {
            "audience": text("Audience of an identity token.", least=1, most=256),
            "secretRef": secret_reference(with_key=True),
            "type": choice("Which token is sent.", "AccessToken", "IdToken"),
        },
        rules=[_audience_of_id_token],
    )


def auth() -> Schema:
    """The whole of `auth`."""
    credential = record(
        "One more credential.", {"location!": _location(), "secretRef!": secret_reference(with_key=True)}
    )
    return record(
        "Where the provider's key comes from.",
        {
            "aws": _aws(),
            "azure": _azure(),
            "credentials": listing("Further credentials.", credential, least=1, most=8),
            "crossAppAccess": mapping("Access across applications.", anything()),
            "gcp": _gcp(),
            "key": text("The key itself.", most=2048),
            "location": _location(),
            "oauthTokenExchange": mapping("An exchange of tokens.", anything()),
            "passthrough": record("The client's own token.", {}),
            "secretRef": secret_reference(with_key=True),
        },
        rules=[_some_credential, _location_of_a_key, at_most_one_of(*_KINDS)],
    )
