"""Rules and routes that lead to no provider: told where they take the requests that are meant for one, only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.certification.certification import sheet_of
from conformance.certification.checks import Defect, check
from conformance.manifests.input.reading import read_input
from tests.support.nimbus import KEY, NIMBUS, edited

HOSTS = edited(("  rules:\n", "  hostnames: [a.example.com, b.example.com]\n  rules:\n"))
WEB = "    backendRefs: [{name: web, port: 80}]\n"
PLAIN = "{path: {type: PathPrefix, value: /nimbus}}"
JSON_ONLY = "{path: {type: PathPrefix, value: /nimbus}, headers: [{name: Content-Type, value: application/json}]}"
POSTED = "{path: {type: PathPrefix, value: /nimbus}, method: POST}"
GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: agentgateway, namespace: kgateway-system}
spec:
  gatewayClassName: agentgateway
  listeners:
  - {name: http, port: 80, protocol: HTTP, hostname: "*.example.com", allowedRoutes: {namespaces: {from: All}}}
  - {name: more, port: 81, protocol: HTTP, hostname: "*.example.com", allowedRoutes: {namespaces: {from: All}}}
"""


def rule(match: str, to: str = WEB) -> str:
    return f"  - matches: [{match}]\n{to}"


def route(match: str, name: str = "web", hostnames: str = "", parent: str = "", created: str = "") -> str:
    """A route to a Service."""
    return f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: llm, creationTimestamp: {created or "null"}}}
spec:
  parentRefs: [{{name: agentgateway, namespace: kgateway-system{parent}}}]
  hostnames: [{hostnames}]
  rules:
{rule(match)}"""


def found(folder: Path, text: str) -> list[Defect]:
    """What the checks find of routes that take requests, as `certify` reads them."""
    file = folder / "given.yaml"
    file.write_text(text)
    given = read_input([str(file)], environment={"NIMBUS_API_KEY": KEY})
    return [one for one in check(sheet_of(given, None)) if one.check in ("prefix-shadowed", "match-duplicate")]


def before(match: str, to: str = WEB, own: str = "") -> str:
    """A rule before the one that leads to the Backend, which has some more in its match."""
    return edited(("  rules:\n", f"  rules:\n{rule(match, to)}"), ("value: /nimbus\n", f"value: /nimbus\n{own}"))


LAST = "    - name: nimbus\n      group: gateway.kgateway.dev\n      kind: Backend\n"
REDIRECT = "    filters: [{type: RequestRedirect, requestRedirect: {hostname: new.example.com}}]\n"
ON_HEADER = "      headers: [{name: x-llm, value: 'yes'}]\n"


@pytest.mark.parametrize(
    ("text", "severity", "says"),
    [
        (before(PLAIN), "error", "has the same match, and leads elsewhere: the first rule counts"),
        (before(PLAIN, REDIRECT), "error", "the first rule counts"),
        (before(POSTED), "error", "matches more specifically and takes its requests"),
        (before(JSON_ONLY), "error", "matches more specifically and takes its requests"),
        (before(PLAIN.replace("PathPrefix", "Exact")), "warning", "takes requests for /nimbus itself"),
        (NIMBUS + route(PLAIN, "aaa-web"), "error", "HTTPRoute llm/aaa-web at "),
        (NIMBUS + route(PLAIN, "zzz-web", created="2024-01-02T03:04:05Z"), "error", "depends on their age"),
        (HOSTS + route(PLAIN, "aaa-web", hostnames="b.example.com"), "warning", "depends on their age"),
        (HOSTS + route(POSTED, "web", hostnames="b.example.com"), "warning", "takes its requests for b.example.com"),
        (HOSTS + route(POSTED, "web", hostnames="b.example.com, a.example.com"), "error", "takes its requests for a."),
        (NIMBUS + route(PLAIN, "aaa-web") + "---\n" + GATEWAY, "error", "depends on their age"),
        (NIMBUS + route(PLAIN, "aaa-web", parent=", sectionName: more") + "---\n" + GATEWAY, "warning", "their age"),
    ],
)
def test_what_takes_requests_is_told(text: str, severity: str, says: str, tmp_path: Path) -> None:
    (one,) = found(tmp_path, text)
    assert (one.check, one.severity) == ("prefix-shadowed", severity)
    assert says in one.message
    assert text.splitlines()[one.position.line - 1].strip() == "value: /nimbus"


def test_of_an_expression_an_example_is_told(tmp_path: Path) -> None:
    text = edited(("type: PathPrefix\n", "type: RegularExpression\n"), ("value: /nimbus\n", "value: /ni[a-z]bus\n"))
    (one,) = found(tmp_path, text + route("{path: {type: Exact, value: /niabus}}"))
    assert (one.check, one.severity) == ("prefix-shadowed", "warning")
    assert one.message.endswith("takes such a request as /niabus")
    assert found(tmp_path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(NIMBUS + route("{path: {value: /}}", "aaa-web"), id="shorter-prefix"),
        pytest.param(before("{path: {value: /}}"), id="shorter-prefix-before"),
        pytest.param(before("{}", REDIRECT), id="redirect-of-all-else"),
        pytest.param(NIMBUS + route(PLAIN.replace("nimbus", "nimbus2"), "aaa-web"), id="other-prefix"),
        pytest.param(NIMBUS + route(PLAIN.replace("nimbus", "nimbus/docs"), "aaa-web"), id="below-the-prefix"),
        pytest.param(NIMBUS + route(PLAIN, "zzz-web"), id="later-by-name"),
        pytest.param(NIMBUS + route(PLAIN, "aaa-web", hostnames="web.example.com"), id="other-hostname"),
        pytest.param(NIMBUS + route(PLAIN, "aaa-web", parent=", sectionName: other"), id="no-such-listener"),
        pytest.param(before(PLAIN.replace("}}", "}, method: GET}")), id="other-method"),
        pytest.param(HOSTS + route(PLAIN, "aaa-web"), id="own-hostnames"),
        pytest.param(before(PLAIN, own="      method: POST\n"), id="own-method"),
        pytest.param(before(PLAIN.replace("}}", "}, headers: [{name: a, value: b}]}")), id="other-header"),
        pytest.param(before(PLAIN, own=ON_HEADER), id="own-header"),
        pytest.param(edited((LAST, f"{LAST}{rule(PLAIN)}")), id="later-rule"),
        pytest.param(
            NIMBUS + route("{path: {value: /}}", hostnames="'*.example.com'") + "---\n" + GATEWAY, id="same-hostname"
        ),
    ],
)
def test_what_takes_no_requests_is_not(text: str, tmp_path: Path) -> None:
    assert found(tmp_path, text) == []


def test_equal_matches_count_by_age_then_by_name(tmp_path: Path) -> None:
    """Gateway API, HTTPRouteRule matches: the oldest route, then the first by `namespace/name`."""
    ours = NIMBUS.replace("kind: HTTPRoute\nmetadata:\n", "kind: HTTPRoute\nmetadata:\n  creationTimestamp: {}\n")
    older, newer = "2024-01-02T03:04:05Z", "2025-01-02T03:04:05Z"
    assert found(tmp_path, ours.format(older) + route(PLAIN, "aaa-web", created=newer)) == []
    assert len(found(tmp_path, ours.format(newer) + route(PLAIN, "zzz-web", created=older))) == 1
    assert len(found(tmp_path, ours.format(older) + route(PLAIN, "aaa-web", created=older))) == 1
    # What is not in the cluster yet will be the newer.
    assert found(tmp_path, ours.format(newer) + route(PLAIN, "aaa-web")) == []
