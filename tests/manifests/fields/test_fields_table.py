"""The tables of fields: what docs/fields.md shows, and no gap against the real CRDs, where there are any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.manifests.dialects import DIALECTS
from conformance.manifests.fields.page import page
from conformance.manifests.fields.table import FieldClass, Table, table_of
from conformance.manifests.schemas.schema import Schema, listing, mapping, record, text
from tests.support.crds import Served, crds_in
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "fields.md"
FOLDER = os.environ.get("AGW_CONFORMANCE_CRDS", "")
SERVED = tuple(crds_in(Path(FOLDER))) if FOLDER else ()


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m conformance.manifests.fields.page > docs/fields.md"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_only_what_is_opaque_has_aspects(dialect: str) -> None:
    rows = [row for section in table_of(dialect).sections for row in section.rows]
    assert rows
    for row in rows:
        assert bool(row.aspects) is (row.known is FieldClass.OPAQUE), row
        assert row.source


@pytest.mark.skipif(not FOLDER, reason="needs real CRDs: set AGW_CONFORMANCE_CRDS to a folder of their files")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_table_has_every_field_of_the_crds(dialect: str) -> None:
    table = table_of(dialect)
    crds = [one for one in SERVED if f"{one.group}/{one.version}" == table.api]
    found = [name for one in crds for name in differences(table, one)]
    assert crds, f"{FOLDER} has no CRD of {table.api}"
    assert not found, "\n".join(("these differ:", *found))


def differences(table: Table, served: Served) -> Iterator[str]:
    """Fields of a CRD that the table says nothing of, and those of the table that the CRD does not have."""
    places = [place for section in table.sections for place in section.at if place.split(".")[0] == served.kind]
    known = set[str]()
    for field, is_leaf in fields_of(served.schema, served.kind):
        known.add(field)
        if is_leaf and any(f"{field}.".startswith(f"{place}.") for place in places) and table.row(field) is None:
            yield f"the CRD only: {field}"
    mine = {name.removesuffix(".*") for name in table.fields if name.split(".")[0] == served.kind}
    yield from (f"the table only: {name}" for name in sorted(mine - known))


def fields_of(schema: Schema, path: str) -> Iterator[tuple[str, bool]]:
    """Every field, lists and the free keys of maps left out of its path; whether it has fields of its own."""
    while (inner := schema.items or schema.additional) is not None:
        schema = inner
    yield path, not schema.properties
    for name, child in schema.properties.items():
        yield from fields_of(child, f"{path}.{name}")


def test_a_field_that_is_new_or_gone_is_told() -> None:
    new = record("", {"spec": record("", {"traffic": record("", {"fresh": listing("", mapping("", text()))})})})
    served = Served(Path("new.yaml"), "", "", "agentgateway.dev", "AgentgatewayPolicy", "v1alpha1", new)
    found = list(differences(table_of("agentgateway-1"), served))
    assert found[0] == "the CRD only: AgentgatewayPolicy.spec.traffic.fresh"
    assert "the table only: AgentgatewayPolicy.spec.traffic.phase" in found
