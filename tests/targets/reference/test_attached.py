"""AgentgatewayPolicies as the reference controller reads them: the more precise attachment first, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.manifests.schemas.kinds import AGENTGATEWAY_POLICY, Kind
from conformance.targets.reference.controller.attached import NOTHING, Attached, Way, merged, with_traffic

LABELS = {"team": "llm"}
GATEWAY: dict[str, Any] = {"metadata": {"name": "gw", "namespace": "llm", "labels": LABELS}}
ROUTE: dict[str, Any] = {"metadata": {"name": "opal", "namespace": "llm"}}
BACKEND: dict[str, Any] = {"metadata": {"name": "opal", "namespace": "llm"}}
WAY = Way(GATEWAY, "http", ROUTE, "chat")


class Objects:
    """Policies, and nothing else; those given later are younger."""

    def __init__(self, *policies: dict[str, Any]) -> None:
        self._policies = list(policies)

    def peek_all(self, kind: Kind, namespace: str | None = None) -> Iterator[dict[str, Any]]:
        return iter(self._policies if kind is AGENTGATEWAY_POLICY else [])

    def peek(self, kind: Kind, namespace: str | None, name: str) -> dict[str, Any] | None:
        return None


def attached(*policies: tuple[dict[str, Any], dict[str, Any]], namespace: str = "llm") -> Attached:
    objects = [
        {
            "metadata": {"name": f"p{number}", "namespace": namespace, "creationTimestamp": f"2026-01-0{number}"},
            "spec": {"targetSelectors" if "matchLabels" in target else "targetRefs": [target], **said},
        }
        for number, (target, said) in enumerate(policies, 1)
    ]
    return Attached(Objects(*objects))


def tls(name: str) -> dict[str, Any]:
    return {"backend": {"tls": {"sni": name}}}


def test_by_gateway_and_listener_and_by_route_and_rule() -> None:
    steps = [
        ({"kind": "Gateway", "name": "gw"}, tls("gateway")),
        ({"kind": "Gateway", "name": "gw", "sectionName": "http"}, tls("listener")),
        ({"kind": "HTTPRoute", "name": "opal"}, tls("route")),
        ({"kind": "HTTPRoute", "name": "opal", "sectionName": "chat"}, tls("rule")),
    ]
    for count, name in enumerate(("gateway", "listener", "route", "rule"), 1):
        found = attached(*steps[:count]).on(BACKEND, WAY)
        assert merged(found.entrance, found.route) == {"tls": ("llm", {"sni": name})}
        assert bool(found.route) == (count > 2)
    assert attached(*steps).on(BACKEND) == NOTHING


def test_on_a_backend_and_its_providers() -> None:
    target = {"kind": "AgentgatewayBackend", "name": "opal"}
    found = attached((target, tls("whole")), ({**target, "sectionName": "one"}, tls("one"))).on(BACKEND)
    assert found.whole == {"tls": ("llm", {"sni": "whole"})}
    assert found.providers == {"one": {"tls": ("llm", {"sni": "one"})}}


def test_what_is_elsewhere_counts_for_nothing() -> None:
    others = [{"kind": "HTTPRoute", "name": "other"}, {"kind": "Gateway", "name": "gw", "sectionName": "https"}]
    assert attached(*((one, tls("x")) for one in others)).on(BACKEND, WAY) == NOTHING
    assert attached(({"kind": "HTTPRoute", "name": "opal"}, tls("x")), namespace="web").on(BACKEND, WAY) == NOTHING


def test_by_labels() -> None:
    assert attached(({"kind": "Gateway", "matchLabels": LABELS}, tls("x"))).on(BACKEND, WAY).entrance
    assert not attached(({"kind": "Gateway", "matchLabels": {"team": "web"}}, tls("x"))).on(BACKEND, WAY).entrance


def test_of_two_alike_the_older_counts() -> None:
    target = {"kind": "HTTPRoute", "name": "opal"}
    older, younger = ({"traffic": {"retry": {"attempts": number}}} for number in (1, 2))
    found = attached((target, older), (target, younger))
    assert found.traffic(WAY) == {"retry": ("llm", {"attempts": 1})}


def test_of_ai_each_field_is_put_together() -> None:
    assert merged({"ai": ("a", {"prompt": 1, "routes": 1})}, {"ai": ("b", {"prompt": 2})}) == {
        "ai": ("b", {"prompt": 2, "routes": 1})
    }


def test_a_rule_gets_what_it_does_not_say_itself() -> None:
    changes = {"set": [{"name": "x-team", "value": "llm"}]}
    said = {"headerModifiers": ("llm", {"request": changes}), "timeouts": ("llm", {"request": "9s"})}
    made = with_traffic({"name": "chat"}, said)
    assert made["filters"] == [{"type": "RequestHeaderModifier", "requestHeaderModifier": changes}]
    assert made["timeouts"] == {"request": "9s"}
    own = {"filters": [{"type": "RequestHeaderModifier"}], "timeouts": {"request": "1s"}}
    assert with_traffic(own, said) == own
    assert with_traffic(own, {}) == own
