"""What a page asks to have been carried out before: found by its links, in its tree, at the tabs that go with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cli import main
from conformance.pages import load_pages
from conformance.pages.prerequisites import prerequisites

BACKEND = """```yaml
kubectl apply -f- <<EOF
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: heron, namespace: agentgateway-system}
spec: {ai: {provider: {openai: {}, host: heron.x.svc, port: 80, path: /v1/chat/completions}}}
EOF
```
"""
ROUTE = """```yaml
kubectl apply -f- <<EOF
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: heron, namespace: agentgateway-system}
spec:
  parentRefs: [{name: agentgateway-proxy}]
  rules:
  - matches: [{path: {type: PathPrefix, value: %s}}]
    backendRefs: [{name: heron, group: agentgateway.dev, kind: AgentgatewayBackend}]
EOF
```
"""
TABS = "{{< tabs >}}\n%s{{< /tabs >}}\n"
SETUP = f"# Heron\n\n{BACKEND}" + TABS % "".join(
    f'{{{{% tab name="{name}" %}}}}\n{ROUTE % path}{{{{% /tab %}}}}\n' for name, path in (("A", "/a"), ("B", "/b"))
)
LINK = '[Heron]({{< link-hextra path="/llm/heron/#top" >}})'
REQUEST = """```sh
curl localhost:8080%s -d '{"model": "m", "messages": [{"role": "user", "content": "Hi"}]}'
```
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "content" / "docs" / "latest"
    (folder / "llm").mkdir(parents=True)
    (folder / "llm" / "heron.md").write_text(SETUP)
    (tmp_path / "outside.md").write_text(SETUP)
    return folder / "llm" / "page.md"


def found(page: Path, text: str) -> list[tuple[str, tuple[str, ...]]]:
    page.write_text(text)
    return [(Path(one.page.file).name, one.page.tabs) for one in prerequisites(load_pages(page)[0], page)]


@pytest.mark.parametrize("link", [LINK, "[Heron](heron.md)", "[Heron](heron/)", "[Heron](/latest/llm/heron)"])
def test_links_of_what_is_to_be_there_before(site: Path, link: str) -> None:
    assert found(site, f"# P\n\n## Before you begin\n\n1. Set up {link}.\n\n## Go\n") == [("heron.md", ("A",))]


@pytest.mark.parametrize(
    "text",
    [
        f"# P\n\n## See also\n\n{LINK}\n",
        f"# P\n\n## Before you begin\n\n{LINK}\n\n{BACKEND}{ROUTE % '/'}",
        "# P\n\n## Before you begin\n\n[x](https://a.example) [y](none.md) [z](../../../../outside.md) [p](page.md)",
    ],
)
def test_what_is_no_prerequisite(site: Path, text: str) -> None:
    assert found(site, text) == []


@pytest.mark.parametrize("told", [REQUEST % "/b", TABS % '{{% tab name="B" %}}\nx\n{{% /tab %}}\n'])
def test_the_alternative_is_the_one_that_goes_with_the_page(site: Path, told: str) -> None:
    assert found(site, f"# P\n\n## Prerequisites\n\n{LINK}\n\n## Go\n\n{told}") == [("heron.md", ("B",))]


def test_a_page_goes_on_from_it(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.write_text(f"# P\n\n## Before you begin\n\n{LINK}\n\n## Go\n\n{REQUEST % '/b'}")
    assert main(["docs", str(site)]) == 0
    printed = capsys.readouterr().out
    assert "before this page: " in printed
    assert "POST /v1/chat/completions arrived at heron.x.svc" in printed
    assert "ok: 2 ok, 0 failed, 0 not run; 0 notes." in printed


def test_what_goes_by_the_route_of_another_tab_is_that_tabs(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.write_text(f"{SETUP}\n## Go\n\n{REQUEST % '/b'}")
    assert main(["docs", str(site)]) == 0
    printed = capsys.readouterr().out
    assert "a route of other tabs takes it: B" in printed
    assert "arrived at heron.x.svc" in printed
