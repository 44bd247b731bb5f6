"""The fix finder: each mistake that people make is undone by the change that a person would make."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from conformance.data import fixtures
from conformance.gateways import read_gateway
from conformance.located import FieldPath, read_documents
from conformance.mending import Score, Search, Surroundings, find_fix, troubles
from conformance.mending.candidates import candidates
from conformance.mending.search import ranked
from conformance.mending.view import View, look
from conformance.mending.weakening import weakens_tls
from conformance.problems import InputProblem, Position
from conformance.profile import gateway_manifests
from conformance.providers import load_provider

FILE = "m.yaml"
PAGE = "kgateway-2.1"
NEXT = "agentgateway-1"


def around(dialect: str, *lines: int) -> Surroundings:
    gateways = [read_gateway(one) for one in gateway_manifests(dialect) if one.kind == "Gateway"]
    return Surroundings(dialect, gateways, [Position(FILE, line, 1) for line in lines])


def documented(dialect: str) -> str:
    return fixtures("manifests", dialect, "mistral.yaml").read_text()


def search(texts: Mapping[str, str], dialect: str, *lines: int, most: int = 60) -> Search:
    """With an engine that knows what admission and the oracle know."""
    surroundings = around(dialect, *lines)

    async def evaluate(changed: Mapping[str, str]) -> Score:
        return Score(failed=len(troubles(look(changed, surroundings))))

    return asyncio.run(find_fix(texts, evaluate, surroundings, seconds=60, most=most))


MISPLACED = (
    '      host: api.mistral.ai\n      port: 443\n      path:\n        full: "/v1/chat/completions"\n',
    '        host: api.mistral.ai\n        port: 443\n        path:\n          full: "/v1/chat/completions"\n',
)
POLICIES = (
    "  policies:\n    auth:\n      secretRef:\n        name: mistral-secret\n    tls:\n      sni: api.mistral.ai\n"
)
# What stands in the page's manifests, and what a person wrote instead: the fix restores every character.
MISTAKES = {
    "host-nested-under-openai": (PAGE, *MISPLACED),
    "host-misspelt": (PAGE, "      host: api.mistral.ai", "      host: api.mistrall.ai"),
    "host-with-scheme": (PAGE, "      host: api.mistral.ai", "      host: https://api.mistral.ai"),
    "host-with-path": (PAGE, "      host: api.mistral.ai", "      host: api.mistral.ai/v1"),
    "host-with-port": (PAGE, "      host: api.mistral.ai", "      host: api.mistral.ai:443"),
    "host-field-misspelt": (PAGE, "      host: api", "      hostname: api"),
    "port-missing": (PAGE, "      port: 443\n", ""),
    "port-wrong": (PAGE, "port: 443", "port: 8443"),
    "port-80": (PAGE, "port: 443", "port: 80"),
    "port-quoted": (PAGE, "port: 443", 'port: "443"'),
    "path-doubled": (PAGE, "/v1/chat/completions", "/v1/v1/chat/completions"),
    "path-without-v1": (PAGE, "/v1/chat/completions", "/chat/completions"),
    "path-of-another": (PAGE, "/v1/chat/completions", "/openai/v1/chat/completions"),
    "path-too-short": (PAGE, "/v1/chat/completions", "/v1"),
    "path-without-slash": (PAGE, "/v1/chat/completions", "v1/chat/completions"),
    "model-unknown": (PAGE, "mistral-medium-2505", "gpt-4o"),
    "type-in-lower-case": (PAGE, "type: AI", "type: ai"),
    "type-of-another": (PAGE, "type: AI", "type: Static"),
    "provider-type": (PAGE, "      openai:", "      mistral:"),
    "provider-type-anthropic": (PAGE, "      openai:", "      anthropic:"),
    "token-kind": (PAGE, "kind: SecretRef", "kind: Passthrough"),
    "token-kind-misspelt": (PAGE, "kind: SecretRef", "kind: Secret"),
    "secret-reference": (PAGE, "            name: mistral-secret", "            name: mistral"),
    "secret-key": (PAGE, "  Authorization:", "  api-key:"),
    "secret-key-in-lower-case": (PAGE, "  Authorization:", "  authorization:"),
    "secret-namespace": (
        PAGE,
        "name: mistral-secret\n  namespace: kgateway-system",
        "name: mistral-secret\n  namespace: x",
    ),
    "secret-field": (PAGE, "stringData:", "stringdata:"),
    "policy-hostname": (PAGE, "    hostname: api.mistral.ai\n    well", "    hostname: mistral.ai\n    well"),
    "policy-target-name": (PAGE, "  - name: mistral\n    kind", "  - name: mistral-backend\n    kind"),
    "policy-target-kind": (PAGE, "    kind: Backend\n    group", "    kind: Service\n    group"),
    "policy-target-group": (PAGE, "    group: gateway.kgateway.dev\n  val", '    group: ""\n  val'),
    "policy-target-section": (PAGE, "  - name: mistral\n    kind", "  - name: mistral\n    sectionName: a\n    kind"),
    "policy-namespace": (PAGE, "-tls\n  namespace: kgateway-system", "-tls\n  namespace: default"),
    "policy-version": (PAGE, "v1\nkind: BackendTLSPolicy", "v1alpha2\nkind: BackendTLSPolicy"),
    "policy-without-authorities": (PAGE, "    wellKnownCACertificates: System\n", ""),
    "policy-authorities-misspelt": (PAGE, ": System", ": system"),
    "parent-name": (PAGE, "    - name: agentgateway", "    - name: gateway"),
    "parent-namespace": (
        PAGE,
        "agentgateway\n      namespace: kgateway-system",
        "agentgateway\n      namespace: default",
    ),
    "parent-section": (PAGE, "    - name: agentgateway\n", "    - name: agentgateway\n      sectionName: https\n"),
    "parent-misspelt": (PAGE, "  parentRefs:", "  parentRef:"),
    "backend-name": (PAGE, "    - name: mistral\n      name", "    - name: mistral-ai\n      name"),
    "backend-kind": (PAGE, "      kind: Backend\n---", "      kind: AgentgatewayBackend\n---"),
    "backend-namespace": (
        PAGE,
        "    - name: mistral\n      namespace: kgateway-system",
        "    - name: mistral\n      namespace: x",
    ),
    "backend-weight": (PAGE, "      kind: Backend\n---", "      kind: Backend\n      weight: 0\n---"),
    "match-without-slash": (PAGE, "value: /mistral", "value: mistral"),
    "rewrite-hostname": (PAGE, "          hostname: api.mistral.ai", "          hostname: mistral.ai"),
    "filter-misspelt": (PAGE, "urlRewrite:", "urlrewrite:"),
    "next-host-nested": (
        NEXT,
        "      host: api.mistral.ai\n      port: 443\n      path: /v1/chat/completions\n",
        "        host: api.mistral.ai\n        port: 443\n        path: /v1/chat/completions\n",
    ),
    "next-port-missing": (NEXT, "      port: 443\n", ""),
    "next-path-as-on-the-page": (NEXT, "path: /v1/chat/completions", "path:\n        full: /v1/chat/completions"),
    "next-path-doubled": (NEXT, "/v1/chat/completions", "/v1/v1/chat/completions"),
    "next-sni": (NEXT, "sni: api.mistral.ai", "sni: mistral.ai"),
    "next-no-tls": (NEXT, "    tls:\n      sni: api.mistral.ai\n", ""),
    "next-secret-reference": (NEXT, "        name: mistral-secret", "        name: mistral-key"),
    "next-secret-key": (NEXT, "  Authorization:", "  token:"),
    "next-policies-nested": (
        NEXT,
        POLICIES,
        "".join(f"  {line}\n" for line in POLICIES.splitlines()),
    ),
    "next-kind-of-the-page": (NEXT, "      kind: AgentgatewayBackend", "      kind: Backend"),
    "next-group-of-the-page": (NEXT, "      group: agentgateway.dev", "      group: gateway.kgateway.dev"),
    "next-parent": (NEXT, "  - name: agentgateway-proxy", "  - name: agentgateway"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_undone(name: str) -> None:
    dialect, right, wrong = MISTAKES[name]
    text = documented(dialect)
    assert right in text
    broken = text.replace(right, wrong, 1)
    found = search({FILE: broken}, dialect)
    assert found.fix is not None, found.note
    assert found.fix.texts[FILE] == text, found.fix.title + "\n" + found.fix.diff
    assert not found.fix.weakens_tls


POLICY = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata:
  name: mistral-tls
  namespace: kgateway-system
spec:
  targetRefs:
    - group: gateway.kgateway.dev
      kind: Backend
      name: mistral
  validation:
    hostname: api.mistral.ai
    wellKnownCACertificates: System
"""
GRANT = """\
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata:
  name: mistral-to-mistral
  namespace: kgateway-system
spec:
  from:
    - group: gateway.networking.k8s.io
      kind: HTTPRoute
      namespace: x
  to:
    - group: gateway.kgateway.dev
      kind: Backend
      name: mistral
"""
WITHOUT_POLICY = documented(PAGE).rpartition("---\n")[0]
PLAIN = documented(PAGE).replace("stringData:\n  Authorization: $MISTRAL_API_KEY", "data:\n  Authorization: sk-1-2-3")
IN_ANOTHER = documented(PAGE).replace(
    "name: mistral\n  namespace: kgateway-system\nspec:\n  parent", "name: mistral\n  namespace: x\nspec:\n  parent"
)
UNTYPED = documented(PAGE).replace("  type: AI\n", "")
REFERENCE = "      namespace: kgateway-system\n      group: gateway.kgateway.dev\n      kind: Backend\n"


@pytest.mark.parametrize(
    ("broken", "mended", "title"),
    [
        pytest.param(
            WITHOUT_POLICY,
            WITHOUT_POLICY + POLICY,
            "Add the missing BackendTLSPolicy for Backend mistral: without it the gateway speaks plaintext",
            id="policy-missing",
        ),
        pytest.param(
            IN_ANOTHER,
            IN_ANOTHER + GRANT,
            "Add a ReferenceGrant by which HTTPRoute mistral may refer to Backend mistral in namespace kgateway-system",
            id="grant-missing",
        ),
        pytest.param(
            PLAIN,
            PLAIN.replace("\ndata:", "\nstringData:"),
            "Rename data of Secret mistral-secret to stringData: what stands there is no base64",
            id="plain-in-data",
        ),
        pytest.param(
            UNTYPED,
            UNTYPED.replace('completions"\n', 'completions"\n  type: AI\n'),
            "Set spec.type of Backend mistral to AI",
            id="type-missing",
        ),
        pytest.param(
            documented(PAGE).replace("      group: gateway.kgateway.dev\n      kind: Backend\n", ""),
            documented(PAGE).replace(REFERENCE, "".join(REFERENCE.splitlines(keepends=True)[one] for one in (1, 2, 0))),
            "Let spec.rules[0].backendRefs[0] of HTTPRoute mistral refer to Backend mistral",
            id="group-and-kind-missing",
        ),
    ],
)
def test_a_mistake_is_mended(broken: str, mended: str, title: str) -> None:
    found = search({FILE: broken}, PAGE).fix
    assert found is not None
    assert (found.title, found.texts[FILE]) == (title, mended)


OLLAMA = documented(PAGE).replace("api.mistral.ai", load_provider("ollama").host).replace("port: 443", "port: 11434")
OLLAMA = OLLAMA.replace("mistral-medium-2505", load_provider("ollama").models[0])


def test_the_end_of_tls_is_the_last_resort_and_says_what_it_means() -> None:
    """Ollama speaks plaintext: a policy can only be in the way."""
    found = search({FILE: OLLAMA}, PAGE).fix
    assert found is not None
    assert found.title == "Remove BackendTLSPolicy mistral-tls"
    assert found.texts[FILE] == OLLAMA.rpartition("---\n")[0]
    assert found.weakens_tls
    assert "in plaintext, API key included" in found.warning
    assert found.patch == "kubectl delete backendtlspolicy.gateway.networking.k8s.io mistral-tls -n kgateway-system"


WEAKENING = [
    "Remove BackendTLSPolicy mistral-tls",
    "Remove spec.policies.tls from AgentgatewayBackend mistral",
]


@pytest.mark.parametrize("name", MISTAKES)
def test_what_weakens_tls_comes_last(name: str) -> None:
    dialect, right, wrong = MISTAKES[name]
    found = ranked(look({FILE: documented(dialect).replace(right, wrong, 1)}, around(dialect)))
    weak = [one.rank[0] for one in found]
    assert weak == sorted(weak)
    assert {one.candidate.title for one in found if one.rank[0]} >= set(WEAKENING) & {
        one.candidate.title for one in found
    }
    assert not any(one.view.backends()[0].get("spec", "policies", "tls", "insecureSkipVerify") for one in found)


def strict(text: str, *, dialect: str = PAGE) -> tuple[View, ...]:
    return (look({FILE: text}, around(dialect)),)


@pytest.mark.parametrize(
    ("dialect", "old", "new", "weaker"),
    [
        (PAGE, "port: 443", "port: 80", True),
        (PAGE, "port: 443", "port: 8443", False),
        (PAGE, documented(PAGE).rpartition("---\n")[2], "", True),
        (PAGE, "  - name: mistral\n    kind", "  - name: other\n    kind", True),
        (PAGE, "-tls\n  namespace: kgateway-system", "-tls\n  namespace: x", True),
        (PAGE, "    hostname: api.mistral.ai", "    hostname: other.example", False),
        (NEXT, "    tls:\n      sni: api.mistral.ai\n", "", True),
        (NEXT, "      sni: api.mistral.ai\n", "      insecureSkipVerify: Hostname\n", True),
        (NEXT, "      sni: api.mistral.ai\n", "      verifySubjectAltNames: [api.mistral.ai]\n", False),
    ],
)
def test_what_counts_as_weaker(dialect: str, old: str, new: str, weaker: bool) -> None:
    text = documented(dialect)
    assert old in text
    (before,), (after,) = strict(text, dialect=dialect), strict(text.replace(old, new, 1), dialect=dialect)
    assert weakens_tls(before, after) is weaker
    # More of it is never less.
    assert not weakens_tls(after, before) or not weaker


@pytest.mark.parametrize(
    "field", ["subjectAltNames: [{type: Hostname, hostname: x}]", "caCertificateRefs: [{name: x}]"]
)
def test_fewer_names_or_authorities_are_weaker(field: str) -> None:
    text = documented(PAGE)
    (before,), (after,) = strict(text.replace("    wellKnown", f"    {field}\n    wellKnown")), strict(text)
    assert weakens_tls(before, after)
    assert not weakens_tls(after, before)


def test_a_port_that_only_comes_to_its_place_weakens_nothing() -> None:
    right, wrong = (one.replace("443", "80") for one in MISPLACED)
    text = documented(PAGE).replace(MISPLACED[0], right)
    (before,), (after,) = strict(text.replace(right, wrong)), strict(text)
    assert before.texts != after.texts
    assert not weakens_tls(before, after)


def test_of_what_cannot_be_read_nothing_is_known() -> None:
    found = search({FILE: "a: [\n"}, PAGE)
    assert (found.fix, found.note) == (None, "no single change is known that might help")


def test_a_fault_is_mended_where_it_was_found() -> None:
    """Host and name differ; both ways would do, and the check says which."""
    text = documented(PAGE).replace("api.mistral.ai", "llm.nimbus.example")
    broken = text.replace("    hostname: llm.nimbus.example\n    well", "    hostname: llm.nimbsu.example\n    well")
    line = next(number for number, one in enumerate(broken.splitlines(), 1) if "nimbsu" in one)
    found = search({FILE: broken}, PAGE, line).fix
    assert found is not None
    assert found.texts[FILE] == text
    assert found.warning == ""


def test_what_nobody_knows_is_said() -> None:
    """Of a host without facts a wrong port cannot be told from a right one."""
    text = documented(PAGE).replace("api.mistral.ai", "llm.nimbus.example").replace("      port: 443\n", "")
    found = search({FILE: text}, PAGE).fix
    assert found is not None
    assert found.title == "Set spec.ai.llm.port of Backend mistral to 443"
    assert found.warning.startswith("Nothing is known of llm.nimbus.example but what the manifests say")


def test_the_right_file_of_several_is_changed() -> None:
    documents = documented(NEXT).split("---\n")
    texts = {f"{number}.yaml": one for number, one in enumerate(documents)}
    broken = {**texts, "1.yaml": texts["1.yaml"].replace("port: 443", "port: 8443")}
    found = search(broken, NEXT).fix
    assert found is not None
    assert found.texts == texts
    assert found.diff.count("\n--- ") + found.diff.startswith("--- ") == 1


def test_a_list_in_json_gets_its_policy() -> None:
    items = [one.data for one in read_documents(WITHOUT_POLICY, FILE)]
    texts = {"m.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2)}
    found = search(texts, PAGE).fix
    assert found is not None
    assert [one["kind"] for one in json.loads(found.texts["m.json"])["items"]][-1] == "BackendTLSPolicy"


def test_single_json_objects_get_a_file_beside_them() -> None:
    items = [one.data for one in read_documents(WITHOUT_POLICY, FILE)]
    texts = {f"{one['kind']}.json": json.dumps(one) for one in items}
    found = search(texts, PAGE).fix
    assert found is not None
    assert "--- /dev/null\n+++ b/Backend.json-more.yaml\n" in found.diff


def test_nothing_helps_against_two_mistakes() -> None:
    broken = documented(PAGE).replace("port: 443", "port: 1").replace("- name: agentgateway", "- name: other")
    found = search({FILE: broken}, PAGE)
    assert found.fix is None
    assert not found.cut_short
    assert found.note == f"no single change helps ({found.tried} tried): there may be more than one mistake"


def test_a_search_is_bounded_in_number() -> None:
    broken = documented(PAGE).replace("port: 443", "port: 1").replace("- name: agentgateway", "- name: other")
    found = search({FILE: broken}, PAGE, most=2)
    assert (found.fix, found.tried, found.cut_short) == (None, 2, True)
    assert found.note.startswith("the search was cut short: 2 of ")


async def test_a_search_is_bounded_in_time() -> None:
    cancelled = asyncio.Event()

    async def never(texts: Mapping[str, str]) -> Score:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return Score()

    found = await find_fix({FILE: documented(PAGE)}, never, around(PAGE), seconds=1)
    assert (found.fix, found.cut_short) == (None, True)
    assert found.note.startswith("the search was cut short: ")


async def test_a_candidate_that_cannot_be_read_has_failed() -> None:
    async def unreadable(texts: Mapping[str, str]) -> Score:
        raise InputProblem("no")

    found = await find_fix({FILE: documented(PAGE)}, unreadable, around(PAGE), seconds=60)
    assert found.fix is None
    assert found.tried > 2


@pytest.mark.parametrize("score", [Score(failed=1), Score(refused=1), Score(defects=1)])
def test_only_what_has_no_fault_at_all_passes(score: Score) -> None:
    assert not score.passes
    assert Score().passes


RICH = {
    PAGE: """\
apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata: {name: chat}
spec:
  type: AI
  ai:
    priorityGroups:
    - providers:
      - {name: a, host: api.mistral.ai, anthropic: {authToken: {kind: Inline, inline: Bearer x}}, authHeader: {}}
      - {name: a, host: api.groq.com, port: 443, openai: {authToken: {kind: SecretRef, secretRef: {name: b}}, host: c}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: chat}
spec:
  targetRefs: [{group: gateway.kgateway.dev, kind: Backend, name: chat, sectionName: b}]
  validation:
    hostname: api.mistral.ai
    caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
    subjectAltNames: [{type: Hostname, hostname: x.example}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ca}
data: {ca-bundle.crt: "-----BEGIN CERTIFICATE-----"}
---
apiVersion: v1
kind: Secret
metadata: {name: b}
data: {Authorization: QmVhcmVyIHgxMjM0NTY3OA==, token: plain}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: own}
spec:
  gatewayClassName: agentgateway
  listeners: [{name: http, port: 80, protocol: HTTP, hostname: a.example, allowedRoutes: {namespaces: {from: Same}}}]
""",
    NEXT: """\
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: chat}
spec:
  ai:
    provider: {openai: {model: x, authToken: {secretRef: {name: b}}}, host: api.mistral.ai, pathPrefix: /v1/v1}
  policies:
    auth: {secretRef: {name: b, key: k}, key: Bearer x, location: {header: {name: x, prefix: Bearer}}}
    tls: {sni: x, verifySubjectAltNames: [x], insecureSkipVerify: All, caCertificateRefs: [{name: ca}]}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: y}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: z}]
  to: [{group: agentgateway.dev, kind: AgentgatewayBackend, name: other}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat, namespace: x}
spec:
  hostnames: [a.example]
  parentRefs: [{group: x, kind: Service, name: y, sectionName: z, port: 1}]
  rules:
  - matches: [{path: {type: Exact, value: chat/}, method: GET, headers: [{name: a, value: b}], queryParams: []}]
    timeouts: {request: 2 minutes}
    filters: [{urlRewrite: {hostname: x, path: {type: ReplaceFullPath}}}, {type: RequestHeaderModifier}]
    backendRefs: [{name: chat, port: 80, weight: 0}, {name: chat, namespace: default}]
  - matches: [{path: {value: /chat}}, {path: {value: /chat/more}}]
""",
}
ODD: tuple[Any, ...] = (None, [], "x y", 1, {"name": []})


def paths(data: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from paths(value, (*path, key))


@pytest.mark.parametrize("dialect", [PAGE, NEXT])
@pytest.mark.parametrize("odd", ODD, ids=[f"{number}-{type(one).__name__}" for number, one in enumerate(ODD)])
def test_nothing_that_stands_in_a_field_upsets_the_search(dialect: str, odd: Any) -> None:
    """Each field of each object is replaced by something odd; a traceback is the failure."""
    documents = [one.data for text in (documented(dialect), RICH[dialect]) for one in read_documents(text, FILE)]
    found = 0
    for number, document in enumerate(documents):
        for path in paths(document):
            changed = copy.deepcopy(documents)
            place: Any = changed
            for part in (number, *path)[:-1]:
                place = place[part]
            place[(number, *path)[-1]] = odd
            view = look({FILE: yaml.dump_all(changed, Dumper=yaml.CSafeDumper)}, around(dialect))
            found += len(list(candidates(view)))
            assert isinstance(troubles(view), list)
    assert found > len(documents)
