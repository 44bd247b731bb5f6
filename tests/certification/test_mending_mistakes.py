"""The fix finder: each mistake that people make is undone by the change that a person would make."""

from __future__ import annotations

import pytest

from tests.support.mending import FILE, MISTAKES, PAGE, WITHOUT_POLICY, documented, search


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
