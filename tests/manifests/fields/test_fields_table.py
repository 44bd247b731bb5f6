"""The tables of fields: what docs/reference/fields.md shows, and no gap against the real CRDs, where there are any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.manifests.dialects import DIALECTS
from conformance.manifests.fields.page import page
from conformance.manifests.fields.table import VERSIONS, FieldClass, Table, table_of
from conformance.manifests.schemas.schema import Schema, listing, mapping, record, text
from tests.support.crds import Served, crds_in
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "reference" / "fields.md"
FOLDERS = {
    **dict.fromkeys(DIALECTS, os.environ.get("AGW_CONFORMANCE_CRDS", "")),
    "agentgateway-1-main": os.environ.get("AGW_CONFORMANCE_CRDS_MAIN", ""),
}
"""Where the real CRDs of each table are."""


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m conformance.manifests.fields.page > docs/reference/fields.md"
    )


@pytest.mark.parametrize("dialect", FOLDERS)
def test_only_what_is_opaque_has_aspects(dialect: str) -> None:
    rows = [row for section in table_of(dialect).sections for row in section.rows]
    assert rows
    for row in rows:
        assert bool(row.aspects) is (row.known is FieldClass.OPAQUE), row
        assert row.source


@pytest.mark.parametrize("name", FOLDERS)
def test_the_table_has_every_field_of_the_crds(name: str) -> None:
    folder, table = FOLDERS[name], table_of(name)
    if not folder:
        pytest.skip(
            "needs real CRDs: set AGW_CONFORMANCE_CRDS, or AGW_CONFORMANCE_CRDS_MAIN, to a folder of their files"
        )
    crds = [one for one in crds_in(Path(folder)) if f"{one.group}/{one.version}" == table.api]
    found = [name for one in crds for name in differences(table, one)]
    assert crds, f"{folder} has no CRD of {table.api}"
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


@pytest.mark.parametrize("name", VERSIONS)
def test_a_version_says_only_what_is_new(name: str) -> None:
    table = table_of(name)
    assert table.base is not None
    assert table.own
    assert set(table.fields) > set(table.base.fields)
    place = "AgentgatewayBackend.spec.policies"
    assert (table.row(f"{place}.tunnel.url"), table.base.row(f"{place}.tunnel.url")) == (table.own[0].rows[-1], None)
