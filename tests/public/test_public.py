"""The list of public files is whole, and manifests are found in pages and scripts as they would be carried out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.public.__main__ import counts
from tests.public.certified import Result
from tests.public.listed import Unit, listed, shown
from tests.public.manifests_in import holds_provider, manifests_in, objects_in
from tests.public.pages import Site, result_of
from tests.public.pages import counts as counts_of_pages
from tests.public.pages import listed as listed_pages

BACKEND = """\
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata:
  name: heron
  namespace: {namespace}
spec:
  ai:
    provider:
      {provider}: {{}}
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: heron, namespace: models}
spec: {rules: [{backendRefs: [{name: heron}]}]}
"""


def test_the_list_is_as_long_as_the_claim() -> None:
    units = listed()
    assert sum(len(unit.paths) for unit in units) >= 100
    assert len({unit.repository for unit in units}) >= 20
    assert all(re.fullmatch(r"[0-9a-f]{40}", unit.commit) for unit in units)
    assert len({(unit.repository, unit.paths) for unit in units}) == len(units)


def test_what_is_shown_is_what_is_listed(tmp_path: Path) -> None:
    units = [Unit("a/b", "0" * 40, ("one.yaml",)), Unit("a/b", "0" * 40, ("two.yaml", "route.yaml"))]
    (tmp_path / "list.yaml").write_text(shown(units))
    assert listed(tmp_path / "list.yaml") == units


def test_yaml_stays_as_it_stands() -> None:
    assert manifests_in("a/heron.yaml", "{{ not: yaml\n") == "{{ not: yaml\n"


@pytest.mark.parametrize(
    "text",
    [
        "1. Apply it:\n   ```bash\n   kubectl apply -f- <<EOF\n{indented}   EOF\n   ```\n",
        "```yaml\n{plain}```\n",
        "cat <<'EOF' | kubectl apply -f -\n{plain}EOF\n",
    ],
)
def test_manifests_are_found_in_pages_and_scripts(text: str) -> None:
    plain = BACKEND.format(namespace="models", provider="openai")
    page = text.format(plain=plain, indented="".join(f"   {line}\n" for line in plain.splitlines()))
    (found,) = objects_in(manifests_in("page.md", page))
    assert found["metadata"] == {"name": "heron", "namespace": "models"}


def test_what_comes_again_takes_the_place_of_the_former() -> None:
    first, second = (BACKEND.format(namespace="default", provider=one) for one in ("openai", "custom"))
    (found,) = objects_in(manifests_in("page.md", f"```yaml\n{first}```\nThen:\n```yaml\n{second}```\n"))
    assert found["spec"]["ai"]["provider"] == {"custom": {}}


def test_variables_that_a_script_sets_have_their_values_and_others_stay() -> None:
    set_, body = (
        'SPACE="${SPACE:-models}"\nexport KEY=your-key\n',
        BACKEND.format(namespace="${SPACE}", provider="$KEY"),
    )
    text = manifests_in("deploy.sh", f"{set_}kubectl apply -f - <<EOF\n{body}EOF\n")
    assert "namespace: models" in text
    assert "$KEY: {}" in text


@pytest.mark.parametrize(
    ("namespace", "provider", "complete"),
    [("models", "openai", True), ("other", "openai", False), ("models", "anthropic", False)],
)
def test_a_complete_provider_speaks_openai_and_has_a_route(namespace: str, provider: str, *, complete: bool) -> None:
    backend = BACKEND.format(namespace=namespace, provider=provider)
    assert holds_provider(objects_in(f"{backend}---\n{ROUTE}")) is complete


def test_counts_are_of_complete_providers() -> None:
    unit = Unit("a/b", "0" * 40, ("one.yaml", "two.yaml"))
    results = [Result(unit, complete, code, "", (), {}) for complete, code in ((True, 0), (True, 2), (False, 2))]
    assert counts(results) == [
        "6 files of 1 repositories in 3 units, 2 with a complete provider",
        "of these 1 get a verdict (50%)",
        "exit 0: 1",
        "exit 2: 1",
    ]


PRINTED = """\
ok         18  kubectl apply AgentgatewayBackend heron
ok         45  curl localhost/heron
               200; POST / arrived at heron.example, all as the manifests say
ok         50  curl localhost/heron
               POST / arrived at heron.example, what is judged as the manifests say
not run    62  curl localhost:8080/heron
               no HTTPRoute has been applied before it; the page may go on from another
failed     70  curl localhost:8080/heron
               by the manifests, the gateway answers 404: no route matches the request
not run    80  example output
"""


def test_requests_of_pages_are_counted_by_how_they_went() -> None:
    found = result_of("a.md", 1, PRINTED)
    assert (found.whole, found.partly, found.failed, found.left) == (1, 1, 1, 1)
    none = result_of("b.md", 2, "ok  18  kubectl apply AgentgatewayBackend heron\n")
    assert counts_of_pages([found, none]) == [
        "2 pages, 1 send requests, of 1 of these something is judged",
        "requests: 1 judged, 1 in part, 1 failed, 1 not judged",
        "exit 1: 1 of those that send requests",
    ]


def test_the_list_of_pages_has_the_guides_and_the_providers() -> None:
    site: Site = listed_pages()
    assert re.fullmatch(r"[0-9a-f]{40}", site.commit)
    assert len(site.pages) == len(set(site.pages)) >= 19 + 13
    assert sum(page.startswith("llm/providers/") for page in site.pages) == 13
