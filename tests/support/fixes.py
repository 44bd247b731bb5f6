"""Fixes of the documented manifests, as edits make them."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.certification.mending import Around, Fix
from conformance.certification.mending.candidate import Candidate
from conformance.certification.mending.fix import make_fix
from conformance.certification.mending.text.edits import Edit, Spot, apply_edits
from conformance.certification.mending.view import look
from conformance.core.fixtures import fixtures

FILE = "llm/my manifests.yaml"
KEY = "sk-geheim-4711"
DIALECT = "kgateway-2.1"
TEXT = fixtures("manifests", DIALECT, "mistral.yaml").read_text()
SECRET, BACKEND, ROUTE, POLICY = (Spot(FILE, number) for number in range(4))
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": "c\nd\n"}}
HOSTNAME = POLICY.below("spec", "validation", "hostname")
LLM = BACKEND.below("spec", "ai", "llm")


def fix_of(edits: Sequence[Edit], text: str = TEXT, dialect: str = DIALECT) -> Fix:
    """What changing a file of manifests so comes to."""
    before = look({FILE: text}, Around(dialect))
    after = look(apply_edits({FILE: text}, edits), Around(dialect))
    return make_fix(Candidate("t", tuple(edits)), before, after)
