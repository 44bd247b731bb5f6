"""TrafficPolicy of gateway.kgateway.dev/v1alpha1 (kgateway 2.1): its targets, limits and messages, from its CRD.

What stands below the fields that are only named here is taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.manifests.schemas.crds.agentgateway.policies import unknown
from conformance.manifests.schemas.crds.agentgateway.policy import header_modifiers
from conformance.manifests.schemas.crds.common import (
    group,
    has,
    kind,
    milliseconds,
    object_name,
    resource,
    section_name,
)
from conformance.manifests.schemas.crds.policies import policy_status
from conformance.manifests.schemas.schema import Rule, Schema, choice, flag, listing, mapping, record, rule, text

__all__ = ["TRAFFIC_POLICY"]

Fields = Mapping[str, Any]

_GROUPS = ("gateway.networking.k8s.io", "gateway.networking.x-k8s.io", "gateway.kgateway.dev")
_LISTENERS = ("gateway.networking.x-k8s.io", "XListenerSet")


def _is_known(target: Fields, kinds: Sequence[str], groups: Sequence[str]) -> bool:
    named = target["kind"] in kinds or (target["group"], target["kind"]) == _LISTENERS
    return named and target["group"] in groups


@rule("targetRefs may only reference Gateway, HTTPRoute, XListenerSet, or Backend resources")
def _known_targets(targets: Sequence[Fields], _old: object) -> bool:
    return all(_is_known(one, ("Backend", "Gateway", "HTTPRoute"), _GROUPS) for one in targets)


@rule("targetSelectors may only reference Gateway, HTTPRoute, or XListenerSet resources")
def _known_selections(targets: Sequence[Fields], _old: object) -> bool:
    return all(_is_known(one, ("Gateway", "HTTPRoute"), _GROUPS[:2]) for one in targets)


@rule("autoHostRewrite can only be used when targeting HTTPRoute resources")
def _host_of_routes(spec: Fields, _old: object) -> bool:
    def routes(field: str) -> bool:
        return has(spec, field) and all(one["kind"] == "HTTPRoute" for one in spec[field])

    return not has(spec, "autoHostRewrite") or routes("targetRefs") or routes("targetSelectors")


@rule("retry.perTryTimeout must be lesser than timeouts.request")
def _try_within_request(spec: Fields, _old: object) -> bool:
    one, whole = (spec.get("retry") or {}).get("perTryTimeout"), (spec.get("timeouts") or {}).get("request")
    return one is None or whole is None or milliseconds(one) < milliseconds(whole)


def _retry_of_listeners(field: str) -> Rule:
    @rule(f"{field}[].sectionName must be set when targeting Gateway resources with retry policy")
    def retry_of_listeners(spec: Fields, _old: object) -> bool:
        gateways = [one for one in spec.get(field, ()) if one["kind"] == "Gateway"]
        return not has(spec, "retry") or all(has(one, "sectionName") for one in gateways)

    return retry_of_listeners


@rule("At least one of request or response must be provided.")
def _either_way(modifiers: Fields, _old: object) -> bool:
    return has(modifiers, "request") or has(modifiers, "response")


def _ai() -> Schema:
    field = record(
        "One field.",
        {
            "field!": text("Its name.", least=1),
            "override": flag("Whether it is set where it is there, too.", default=False),
            "value!": text("Its value.", least=1),
        },
    )
    message = record("One message.", {"content!": text("Its text."), "role!": text("Its role.")})
    return record(
        "Changes to requests and answers of LLMs.",
        {
            "defaults": listing("Fields to set.", field),
            "modelAliases": mapping("Models by other names.", text("One.")),
            "promptEnrichment": record(
                "Messages around those of the client.",
                {"append": listing("Behind.", message), "prepend": listing("Before.", message)},
            ),
            "promptGuard": unknown("Guards on prompts and answers."),
            "routeType": choice("Kind of requests.", "CHAT", "CHAT_STREAMING", default="CHAT"),
        },
    )


_TARGET: Mapping[str, Schema] = {
    "group!": group(),
    "kind!": kind(),
    "sectionName": section_name("Part of the target: a listener, a rule."),
}

TRAFFIC_POLICY = resource(
    "How requests are treated, attached to Gateways or routes.",
    {
        "spec": record(
            "What is wanted.",
            {
                "ai": _ai(),
                "autoHostRewrite": flag("Whether the Host is that of the Backend."),
                "buffer": unknown("How much is gathered."),
                "cors": unknown("Who of other origins may call."),
                "csrf": unknown("Who of other origins may not."),
                "extAuth": unknown("Who decides about each request."),
                "extProc": unknown("Who changes each request."),
                "headerModifiers": header_modifiers("Changes of headers.", _either_way),
                "rateLimit": unknown("How many requests."),
                "rbac": unknown("Who may call."),
                "retry": unknown("What is sent once more."),
                "targetRefs": listing(
                    "What it is about.",
                    record("One.", {**_TARGET, "name!": object_name()}),
                    least=1,
                    most=16,
                    rules=[_known_targets],
                ),
                "targetSelectors": listing(
                    "What it is about, by labels.",
                    record("One.", {**_TARGET, "matchLabels!": mapping("Its labels.", text())}),
                    rules=[_known_selections],
                ),
                "timeouts": unknown("How long a request may take."),
                "transformation": unknown("Changes to what is sent and answered."),
            },
            rules=[
                _host_of_routes,
                _try_within_request,
                _retry_of_listeners("targetRefs"),
                _retry_of_listeners("targetSelectors"),
            ],
        ),
        "status": policy_status(),
    },
)
