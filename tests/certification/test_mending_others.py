"""What others have or need stays theirs: Gateways of another class, grants, Secrets, and keys of another vendor."""

from __future__ import annotations

import pytest

from conformance.certification.mending.policy import refused_by
from conformance.certification.mending.view import look
from tests.support.mending import FILE, NEXT, PAGE, around, documented, search

GATEWAY = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: agentgateway-system}
spec: {gatewayClassName: CLASS, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""
SHOP = """---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: agentgateway-system}
spec: {parentRefs: [{name: public}], rules: [{backendRefs: [{name: shop, port: 80}]}]}
"""
OLD_CLASS = """---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: own}
spec: {controllerName: kgateway.dev/agentgateway}
"""
GRANT = """---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: routes, namespace: agentgateway-system}
spec:
  from: [FROM]
  to: [TO]
"""
WEB = "{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}"
APPS = WEB.replace("web", "apps")
MISTRAL = "{group: agentgateway.dev, kind: AgentgatewayBackend, name: mistral}"
ANY = "{group: agentgateway.dev, kind: AgentgatewayBackend}"
SERVICES = "{group: '', kind: Service}"


def grant(sources: str, targets: str, namespace: str = "agentgateway-system") -> str:
    text = GRANT.replace("FROM", sources).replace("TO", targets)
    return documented(NEXT) + text.replace("namespace: agentgateway-system}", f"namespace: {namespace}}}")


def refused(before: str, after: str, dialect: str = NEXT) -> str | None:
    found = refused_by(*(look({FILE: text}, around(dialect)) for text in (before, after)))
    return found.name if found else None


@pytest.mark.parametrize(
    ("name", "beside", "rule"),
    [
        ("istio", "", "class"),
        ("somebodys", "", "class"),
        ("agentgatway", "", None),
        ("own", OLD_CLASS, None),
        ("own", OLD_CLASS + SHOP, "class"),
    ],
)
def test_a_gateway_stays_with_whom_it_serves(name: str, beside: str, rule: str | None) -> None:
    text = documented(NEXT) + GATEWAY + beside
    assert refused(text.replace("CLASS", name), text.replace("CLASS", "agentgateway")) == rule


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (grant(WEB, MISTRAL), grant(APPS, MISTRAL), "grant"),
        (grant(WEB, MISTRAL), grant(f"{WEB}, {APPS}", MISTRAL), None),
        (grant(WEB, ANY), grant(f"{WEB}, {APPS}", ANY), "grant"),
        (grant(APPS, SERVICES), grant(APPS, MISTRAL), "grant"),
        (grant(APPS, SERVICES), grant(APPS, f"{SERVICES}, {MISTRAL}"), None),
        (grant(APPS, SERVICES), grant(APPS, f"{SERVICES}, {ANY}"), "grant"),
        (grant(f"{APPS}, {WEB}", SERVICES), grant(f"{APPS}, {WEB}", f"{SERVICES}, {MISTRAL}"), "grant"),
        (grant(APPS, MISTRAL, "apps"), grant(APPS, MISTRAL), None),
        (grant(f"{APPS}, {WEB}", MISTRAL, "apps"), grant(f"{APPS}, {WEB}", MISTRAL), "grant"),
        (documented(NEXT), grant(APPS, MISTRAL), None),
        (documented(NEXT), grant(APPS, ANY), "grant"),
        (documented(NEXT), grant(f"{APPS}, {WEB}", MISTRAL), "grant"),
    ],
)
def test_a_grant_permits_what_it_did_and_the_one_reference_more(before: str, after: str, rule: str | None) -> None:
    assert refused(before, after) == rule


@pytest.mark.parametrize(
    ("edits", "rule"),
    [
        ([], None),
        ([("$MISTRAL_API_KEY", "$DEEPSEEK_API_KEY")], "vendor"),
        ([("name: mistral-secret", "name: deepseek-key"), ("$MISTRAL_API_KEY", "$KEY")], "vendor"),
        ([("$MISTRAL_API_KEY", "$LLM_KEY"), ("name: mistral", "name: llm")], None),
    ],
)
def test_which_of_two_vendors_is_meant_is_for_the_person_to_say(edits: list[tuple[str, str]], rule: str | None) -> None:
    """The name that TLS verifies is DeepSeek's; host and route are Mistral's, and so are all other names, or not."""
    right = documented(PAGE)
    for old, new in edits:
        assert old in right
        right = right.replace(old, new)
    wrong = right.replace("hostname: api.mistral.ai\n    well", "hostname: api.deepseek.com\n    well")
    assert wrong != right
    assert refused(wrong, right, PAGE) == rule


def test_a_secret_with_a_variable_of_another_vendor_is_not_taken() -> None:
    text = documented(PAGE).replace("  name: mistral-secret\n  n", "  name: mistral-secret-b\n  n", 1)
    taken = text.replace("name: mistral-secret\n  ", "name: mistral-secret-b\n  ")
    assert refused(text, taken, PAGE) is None
    other = [one.replace("$MISTRAL_API_KEY", "$DEEPSEEK_API_KEY") for one in (text, taken)]
    assert refused(other[0], other[1], PAGE) == "secret"


def test_a_secret_of_another_namespace_is_copied_and_no_command_stores_a_placeholder() -> None:
    right = documented(PAGE)
    wrong = right.replace(
        "name: mistral-secret\n  namespace: kgateway-system", "name: mistral-secret\n  namespace: vault"
    )
    fix = search({FILE: wrong}, PAGE).fix
    assert fix is not None
    assert fix.title.startswith("Copy Secret mistral-secret into namespace kgateway-system")
    assert fix.texts[FILE].startswith(wrong)
    assert fix.patch.startswith("# Secret kgateway-system/mistral-secret holds a key")
    assert "\n" not in fix.patch
