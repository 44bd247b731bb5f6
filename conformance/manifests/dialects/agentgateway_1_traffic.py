"""What `traffic` of AgentgatewayPolicies makes of a rule: timeouts, headers, the Host that goes up, an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.manifests.dialects.callers import callers_of
from conformance.manifests.dialects.gateway_api import as_mapping, optional
from conformance.manifests.dialects.in_force import InForce, traffic_in_force, value_at
from conformance.manifests.dialects.literal import is_literal, text_of
from conformance.manifests.dialects.model import Configuration, Route, Rule

__all__ = ["rule_with_policies"]

_SIDES = (
    ("request", "RequestHeaderModifier", "requestHeaderModifier"),
    ("response", "ResponseHeaderModifier", "responseHeaderModifier"),
)


def rule_with_policies(configuration: Configuration, route: Route, rule: Rule) -> Rule:
    """With header modifiers and the timeout of AgentgatewayPolicies, where the rule has none (agentgateway 1.4,
    route_policies: what stands in the route goes last), and with what a route has no words for.
    """
    said = traffic_in_force(configuration, route, rule)
    if "timeouts" in said and rule.timeout is None:
        at = said["timeouts"].origin
        rule = replace(rule, timeout=optional(at, _mapping(said["timeouts"]), "request", str))
    if "headerModifiers" in said:
        at = said["headerModifiers"].origin
        types, modifiers = {one.get("type") for one in rule.filters}, _mapping(said["headerModifiers"])
        added = [
            {"type": type_, field: as_mapping(at, modifiers, side)}
            for side, type_, field in _SIDES
            if modifiers.get(side) and type_ not in types
        ]
        rule = replace(rule, filters=(*rule.filters, *added))
    if "transformation" in said:  # before all modifiers (apply_request_policies)
        rule = replace(rule, filters=(*_literal(_mapping(said["transformation"])), *rule.filters))
    if "hostRewrite" in said and _mapping(said["hostRewrite"]).get("mode") == "None":
        rule = replace(rule, keeps_host=said["hostRewrite"].origin.below("mode"))
    if "apiKeyAuthentication" in said:
        rule = replace(rule, callers=callers_of(configuration, said["apiKeyAuthentication"]))
    if "directResponse" in said and isinstance(status := _mapping(said["directResponse"]).get("status"), int):
        rule = replace(rule, answer=(status, said["directResponse"].origin))
    return rule


def _literal(transformation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The headers that transformations set to texts in quotes, as modifiers of a route set them."""
    found: list[Mapping[str, Any]] = []
    for side, type_, field in _SIDES:
        given = transformation.get(side)
        changes = {name: entries for name, entries in given.items() if is_literal(entries)} if given else {}
        modifier: dict[str, Any] = {
            name: [{"name": one["name"], "value": text_of(one["value"])} for one in changes[name]]
            for name in ("set", "add")
            if changes.get(name)
        }
        if changes.get("remove"):
            modifier["remove"] = list(changes["remove"])
        if modifier:
            found.append({"type": type_, field: modifier})
    return found


def _mapping(said: InForce) -> dict[str, Any]:
    found = value_at(said.origin)
    return found if isinstance(found, dict) else {}
