"""Remedies that do no harm when they are followed, and what is told of Secrets that only nearly are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.certification.certification import sheet_of
from conformance.certification.checks import Defect, check
from conformance.manifests.input.reading import read_input
from tests.support.checks import AGENTGATEWAY, documented

AGW = documented(AGENTGATEWAY)
SECRET = AGW.partition("---\n")[0]
BACKEND_AND_ROUTE = AGW.partition("---\n")[2]
TWO_LISTENERS = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: agentgateway-proxy, namespace: agentgateway-system}
spec:
  gatewayClassName: agentgateway
  listeners: [{name: public, port: 80, protocol: HTTP}, {name: internal, port: 8080, protocol: HTTP}]
"""
SELECTED = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: agentgateway-proxy, namespace: agentgateway-system}
spec:
  gatewayClassName: agentgateway
  listeners:
  - name: http
    port: 80
    protocol: HTTP
    allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {llm: allowed}}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: team, labels: {llm: denied}}
"""
SAME = SELECTED.replace("{from: Selector, selector: {matchLabels: {llm: allowed}}}", "{from: Same}")
SECTION = AGW.replace("  - name: agentgateway-proxy\n", "  - name: agentgateway-proxy\n    sectionName: private\n")
TEAM = AGW.replace("namespace: agentgateway-system", "namespace: team").replace(
    "agentgateway-proxy\n    namespace: team", "agentgateway-proxy\n    namespace: agentgateway-system"
)
NO_TLS = AGW.replace("    tls:\n      sni: api.mistral.ai\n", "").replace("api.mistral.ai", "52.14.88.10")
OTHERS_SECRET = AGW.replace("  name: mistral-secret\n  n", "  name: llm-b\n  n", 1).replace("$MISTRAL", "$DEEPSEEK")
BOTH_SECRETS = f"{SECRET.replace('mistral-secret', 'llm-a')}---\n{OTHERS_SECRET}"

MEMBER = """        - name: NAME
          host: HOST
          port: 443
          path: {full: /v1/chat/completions}
          openai: {authToken: {kind: SecretRef, secretRef: {name: NAME-secret}}}
"""
GROUPS = f"""apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata: {{name: llm, namespace: kgateway-system}}
spec:
  type: AI
  ai:
    priorityGroups:
      - providers:
{MEMBER.replace("NAME", "mistral").replace("HOST", "api.mistral.ai")}
      - providers:
{MEMBER.replace("NAME", "groq").replace("HOST", "api.groq.com")}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: llm, namespace: kgateway-system}}
spec:
  parentRefs: [{{name: agentgateway, namespace: kgateway-system}}]
  rules: [{{backendRefs: [{{name: llm, group: gateway.kgateway.dev, kind: Backend}}]}}]
"""


def told(text: str, tmp_path: Path) -> list[Defect]:
    """As `certify` tells it, what is assumed included."""
    file = tmp_path / "m.yaml"
    file.write_text(text)
    keys = {"MISTRAL_API_KEY": "mK3yQ9vX2bN7pL4tR8wZ1cF6", "DEEPSEEK_API_KEY": "sk-3f9ab2c1d7e84f05"}
    return check(sheet_of(read_input([str(file)], environment=keys, assume=True), None))


@pytest.mark.parametrize(
    ("text", "name", "says", "never"),
    [
        pytest.param(
            SECTION + TWO_LISTENERS, "listener-missing", "that the route is meant for", ["public", "leave it out"],
            id="a-listener-like-no-other",
        ),
        pytest.param(
            TEAM + SELECTED, "listener-not-allowed", "give the Namespace team the labels", ["All"], id="by-selector"
        ),
        pytest.param(TEAM + SAME, "listener-not-allowed", "kubernetes.io/metadata.name: team", ["All"], id="same"),
        pytest.param(NO_TLS, "no-policy-for-tls-port", "policies.tls to {}", ["hostname:", "sni"], id="address"),
        pytest.param(BOTH_SECRETS, "secret-missing", "refer to llm-a", ["llm-b"], id="a-secret-of-two"),
        pytest.param(OTHERS_SECRET, "secret-missing", "a key of this provider's", ["llm-b"], id="another-vendors"),
        pytest.param(GROUPS, "default-missing-in-version", "a Backend and a rule of its own", ["api."], id="two-hosts"),
    ],
)  # fmt: skip
def test_no_remedy_opens_or_sends_elsewhere(text: str, name: str, says: str, never: list[str], tmp_path: Path) -> None:
    (found,) = (one for one in told(text, tmp_path) if one.check == name)
    assert says in found.remedy
    assert not [word for word in never if word in found.remedy]


CONFIG_MAP = (
    SECRET.replace("kind: Secret", "kind: ConfigMap").replace("type: Opaque\n", "").replace("stringData", "data")
)
ELSEWHERE = AGW.replace("namespace: agentgateway-system", "namespace: vault").replace(
    "agentgateway-proxy\n    namespace: vault", "agentgateway-proxy\n    namespace: agentgateway-system"
)


@pytest.mark.parametrize(
    ("text", "name", "says", "severity"),
    [
        # It holds the very entry: that is where the key is.
        (f"{CONFIG_MAP}---\n{BACKEND_AND_ROUTE}", "secret-missing", "is a ConfigMap in the input", "error"),
        (f"{ELSEWHERE}---\n{BACKEND_AND_ROUTE}", "secret-other-namespace", "is in namespace vault", "warning"),
    ],
    ids=["config-map", "elsewhere"],
)
def test_what_nearly_is_the_secret_is_told(text: str, name: str, says: str, severity: str, tmp_path: Path) -> None:
    (found,) = (one for one in told(text, tmp_path) if one.check == name)
    assert says in found.message
    assert found.severity == severity


def test_of_a_secret_that_is_simply_not_there_the_reading_tells(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(BACKEND_AND_ROUTE)
    given = read_input([str(file)], environment={}, assume=True)
    assert [one.secret.name for one in given.made_up] == ["mistral-secret"]
    assert check(sheet_of(given, None)) == []
