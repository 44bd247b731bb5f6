"""Every mutant of admission takes what it should not, or refuses what it should not, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.manifests.schemas import AdmissionError
from conformance.targets.embedded.mutations.admissions import ADMISSIONS
from conformance.targets.embedded.mutations.mutant import Mutant
from tests.support.admission_objects import ABSENT, ADMISSION, changed, kind_of, page_objects

LLM = "spec.ai.llm"
PROVIDER = "spec.ai.provider"
TAKEN: dict[str, tuple[str, str, Any]] = {
    "unknown-in-lists-pruned": ("policy", "spec.targetRefs[0].grupo", "x"),
    "misplaced-fields-pruned": ("backend", f"{LLM}.openai.host", "a.example"),
    "host-without-port-accepted": ("backend", f"{LLM}.port", ABSENT),
    "port-range-unchecked": ("backend", f"{LLM}.port", 65536),
    "port-text-accepted": ("backend", f"{LLM}.port", "443"),
    "empty-text-accepted": ("backend", f"{LLM}.host", ""),
    "several-providers-accepted": ("backend", f"{LLM}.anthropic", {"authToken": {"kind": "Passthrough"}}),
    "backend-type-unchecked": ("backend", "spec.type", "OpenAI"),
    "llm-beside-groups-accepted": ("backend", "spec.ai", {}),
    "auth-token-unchecked": ("backend", f"{LLM}.openai.authToken", ABSENT),
    "auth-header-empty-accepted": ("backend", f"{LLM}.authHeader", {}),
    "priority-groups-unchecked": ("groups", "spec.ai.priorityGroups[0].providers[1].name", "a"),
    "path-beside-prefix-accepted": ("successor", f"{PROVIDER}.pathPrefix", "/v1"),
    "custom-without-target-accepted": (
        "successor",
        PROVIDER,
        {"custom": {"formats": [{"type": "Completions"}], "model": "any"}},
    ),
    "own-tls-unchecked": (
        "successor",
        "spec.policies.tls",
        {"insecureSkipVerify": "Hostname", "verifySubjectAltNames": ["a.example"]},
    ),
    "policy-authorities-unchecked": ("policy", "spec.validation.wellKnownCACertificates", ABSENT),
    "policy-hostname-unchecked": ("policy", "spec.validation.hostname", "*.mistral.ai"),
    "policy-ip-accepted": ("policy", "spec.validation.hostname", "192.0.2.1"),
    "policy-targets-unchecked": ("policy", "spec.targetRefs", []),
}
BY_NAME = {one.name: one for one in ADMISSIONS}


def refusal(mutant: Mutant | None, obj: dict[str, Any]) -> str:
    """What a server-side apply is refused with; empty when it is taken."""
    admission = mutant.admission if mutant else ADMISSION
    try:
        admission.check_apply(kind_of(obj), obj)
        admission.admit(kind_of(obj), obj, None)
    except AdmissionError as error:
        return error.message
    return ""


def test_every_mutant_is_listed() -> None:
    assert set(TAKEN) | {"documented-manifest-refused", "weight-default-missing"} == set(BY_NAME)


@pytest.mark.parametrize("name", TAKEN)
def test_takes_what_the_reference_refuses(name: str) -> None:
    obj = changed(*TAKEN[name])
    assert refusal(None, obj)
    assert refusal(BY_NAME[name], obj) == ""


@pytest.mark.parametrize("name", TAKEN)
def test_refuses_what_is_not_its_defect(name: str) -> None:
    other = "auth-header-empty-accepted" if name != "auth-header-empty-accepted" else "host-without-port-accepted"
    assert refusal(BY_NAME[name], changed(*TAKEN[other])) == refusal(None, changed(*TAKEN[other]))
    assert all(refusal(BY_NAME[name], obj) == "" for obj in page_objects())


def test_refuses_a_documented_manifest() -> None:
    refused = [obj["kind"] for obj in page_objects() if refusal(BY_NAME["documented-manifest-refused"], obj)]
    assert set(refused) == {"HTTPRoute"}


def test_stores_no_weight() -> None:
    route = next(obj for obj in page_objects() if obj["kind"] == "HTTPRoute")
    stored = [
        one.admit(kind_of(route), route, None).object["spec"]["rules"][0]["backendRefs"][0].get("weight")
        for one in (ADMISSION, BY_NAME["weight-default-missing"].admission)
    ]
    assert stored == [1, None]
