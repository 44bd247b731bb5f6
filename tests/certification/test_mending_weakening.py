"""The fix finder never weakens TLS while anything else helps, and says so when nothing else does."""

from __future__ import annotations

import pytest

from conformance.certification.mending.search import ranked
from conformance.certification.mending.view import View, look
from conformance.certification.mending.weakening import weakens_tls
from conformance.core.providers.shipped import load_provider
from tests.support.mending import FILE, MISPLACED, MISTAKES, NEXT, PAGE, around, documented, search

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
