"""Defects in what the controller reads of Secrets, grants, policies and listeners."""

from __future__ import annotations

import base64
from dataclasses import replace

from conformance.manifests.schemas.kinds import REFERENCE_GRANT, Kind
from conformance.targets.embedded.mutations.mutant import Mutant, steered
from conformance.targets.reference.controller import seams
from conformance.targets.reference.controller.decisions import attachment, credentials, grants
from conformance.targets.reference.controller.decisions.credentials import Unresolved
from conformance.targets.reference.controller.view import Name, Object, Objects, dig
from conformance.targets.reference.gateway.config import Credential, Passthrough, UpstreamTls

__all__ = ["DECIDING"]

_SECRET = "FACTS 1.6"

_KEY = "another credential than configured"

_GRANT = "GW ReferenceGrant"


def any_entry(objects: Objects, namespace: str, name: str) -> Object:
    """A Secret's first entry will do where the right one is missing."""
    secret = credentials.find_secret(objects, namespace, name)
    data = secret.get("data") or {}
    if credentials.SECRET_KEY in data or not data:
        return secret
    return {**secret, "data": {credentials.SECRET_KEY: next(iter(data.values()))}}


def empty_secret(objects: Objects, namespace: str, name: str) -> Object:
    """A Secret without a usable entry is one with an empty key."""
    secret = credentials.find_secret(objects, namespace, name)
    if credentials.secret_text(secret):
        return secret
    return {**secret, "data": {credentials.SECRET_KEY: base64.b64encode(b"none").decode()}}


def placeholder_key(problem: Unresolved) -> Credential | Passthrough | None:
    """Without its Secret a Backend sends a made-up key."""
    return Credential("Authorization", "Bearer", "missing")


def passed_through(problem: Unresolved) -> Credential | Passthrough | None:
    """Without its Secret a Backend passes the client's token through."""
    return Passthrough()


def any_scheme(text: str) -> str:
    """The first word of a Secret's text is taken for a scheme."""
    return text.strip().rpartition(" ")[2]


def first_line(text: str) -> str:
    """Spaces at the end of a Secret's text stay, a line feed does not."""
    return text.rstrip("\n").removeprefix("Bearer ")


def value_with_prefix(auth_header: Object, value: str) -> Credential:
    """A prefix counts for Authorization only."""
    right = credentials.credential(auth_header, value)
    return right if right.header == "Authorization" else replace(right, prefix="")


def alternatives_as_sni(validation: Object, roots: str) -> UpstreamTls | None:
    """The first of subjectAltNames takes the hostname's place in all."""
    tls = seams.upstream_tls(validation, roots)
    return replace(tls, server_name=tls.verify_names[0], verify_names=()) if tls and tls.verify_names else tls


def unverified(validation: Object, roots: str) -> UpstreamTls | None:
    """Certificates are not looked at where the authorities are a policy's own."""
    tls = seams.upstream_tls(validation, roots)
    return tls and replace(tls, unverified="certificate" if roots not in ("system", "nothing") else "")


def last_target(policy: Object) -> list[Object]:
    """Only a policy's last target counts."""
    return seams.policy_targets(policy)[-1:]


def section_needed(policy: Object) -> list[Object]:
    """A target without section is the section of the Backend's name."""
    return [
        one if "sectionName" not in one else {**one, "sectionName": one["name"]} for one in seams.policy_targets(policy)
    ]


def any_from(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
    """A grant is for whoever asks."""
    if route_namespace == backend[0]:
        return True
    return any(dig(one, "spec", "to") for one in objects.peek_all(REFERENCE_GRANT, backend[0]))


def any_to(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
    """A grant is for all that is in its namespace, Secrets or Services."""
    if route_namespace == backend[0]:
        return True
    found = [entry for one in objects.peek_all(REFERENCE_GRANT, backend[0]) for entry in dig(one, "spec", "from") or ()]
    return any(one.get("namespace") == route_namespace for one in found)


def of_routes_namespace(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
    """Grants are looked for where the route is."""
    if route_namespace == backend[0]:
        return True
    return any(dig(one, "spec", "to") for one in objects.peek_all(REFERENCE_GRANT, route_namespace))


def unnamed_only(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
    """Grants that name an object do not count."""
    named = any(
        "name" in entry
        for one in objects.peek_all(REFERENCE_GRANT, backend[0])
        for entry in dig(one, "spec", "to") or ()
    )
    return grants.granted(objects, route_namespace, backend, kind) and (route_namespace == backend[0] or not named)


def same_only(listener: Object, gateway_namespace: str, route_namespace: str, objects: Objects) -> bool:
    """Routes of other namespaces are let in by no listener."""
    return gateway_namespace == route_namespace


def selectors_fail(listener: Object, gateway_namespace: str, route_namespace: str, objects: Objects) -> bool:
    """A selector of namespaces selects all."""
    if dig(listener, "allowedRoutes", "namespaces", "from") == "Selector":
        return True
    return attachment.permitted(listener, gateway_namespace, route_namespace, objects)


def port_ignored(parent_ref: Object, listener: Object) -> bool:
    """A parentRef's port does not count."""
    return parent_ref.get("sectionName") in (None, listener["name"])


def section_misses(parent_ref: Object, listener: Object) -> bool:
    """A parentRef with a sectionName fits no listener."""
    return "sectionName" not in parent_ref and attachment.section_fits(parent_ref, listener)


DECIDING: tuple[Mutant, ...] = (
    steered(
        "secret-any-entry",
        "A Secret's first entry is used where the right one is missing.",
        "auth",
        _SECRET,
        "a key where none may go",
        find_secret=any_entry,
    ),
    steered(
        "unusable-secret-used",
        "A Secret without usable entry is taken for one with a made-up key.",
        "auth",
        _SECRET,
        "key",
        find_secret=empty_secret,
    ),
    steered(
        "missing-secret-made-up",
        "Without its Secret a Backend sends a made-up key.",
        "auth",
        "FACTS D8",
        "the request went out although",
        without_credential=placeholder_key,
    ),
    steered(
        "missing-secret-passes-through",
        "Without its Secret a Backend passes the client's token through.",
        "auth",
        "FACTS D8",
        "the request went out although",
        without_credential=passed_through,
    ),
    steered(
        "secret-last-word", "Of a Secret's text only the last word is the key.", "auth", _SECRET, _KEY, token=any_scheme
    ),
    steered(
        "secret-line-feed-only",
        "Only a line feed is taken from a Secret's text.",
        "auth",
        _SECRET,
        "failed to parse header value",
        token=first_line,
    ),
    steered(
        "prefix-of-authorization-only",
        "A prefix counts in Authorization only.",
        "auth",
        "API AuthHeader.prefix",
        _KEY,
        credential=value_with_prefix,
    ),
    steered(
        "alternatives-take-over",
        "The first of subjectAltNames takes the hostname's place.",
        "tls",
        "GW BackendTLSPolicyValidation.subjectAltNames",
        "the gateway sent another server name",
        upstream_tls=alternatives_as_sni,
    ),
    steered(
        "own-authorities-unverified",
        "Against a policy's own authorities nothing is verified.",
        "tls",
        "GW BackendTLSPolicyValidation.caCertificateRefs",
        "did not verify the certificate's authority",
        upstream_tls=unverified,
    ),
    steered(
        "policy-last-target-only",
        "Only a policy's last target counts.",
        "tls",
        "GW BackendTLSPolicySpec.targetRefs",
        "spoke plaintext",
        policy_targets=last_target,
    ),
    steered(
        "policy-section-misread",
        "A policy's sectionName is taken for the Backend's name.",
        "tls",
        "GW LocalPolicyTargetReferenceWithSectionName",
        "spoke plaintext",
        policy_targets=section_needed,
    ),
    steered("grant-for-anyone", "A grant is for routes of every namespace.", "status", _GRANT, "", granted=any_from),
    steered("grant-for-anything", "A grant is for all kinds of objects.", "status", _GRANT, "", granted=any_to),
    steered(
        "grant-of-other-namespace",
        "Grants are looked for where the route is.",
        "status",
        _GRANT,
        "",
        granted=of_routes_namespace,
    ),
    steered(
        "named-grants-ignored", "Grants that name an object do not count.", "status", _GRANT, "", granted=unnamed_only
    ),
    steered(
        "other-namespaces-shut-out",
        "Routes of other namespaces are never let in.",
        "routing",
        "GW Listener.allowedRoutes",
        "the gateway has no route for",
        permitted=same_only,
    ),
    steered(
        "selector-selects-all",
        "A selector of namespaces selects all.",
        "routing",
        "GW RouteNamespaces.selector",
        "serves a route that is not attached",
        permitted=selectors_fail,
    ),
    steered(
        "parent-port-ignored",
        "A parentRef's port does not count.",
        "routing",
        "GW ParentReference.port",
        "serves a route that is not attached",
        section_fits=port_ignored,
    ),
    steered(
        "section-name-misses",
        "A parentRef with a sectionName attaches nowhere.",
        "routing",
        "GW ParentReference.sectionName",
        "the gateway has no route for",
        section_fits=section_misses,
    ),
)
