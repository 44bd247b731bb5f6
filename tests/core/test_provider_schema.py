"""The JSON Schema of provider files and their reader agree on what is good."""

from __future__ import annotations

import json

import pytest

from conformance.core.fixtures import fixtures
from conformance.core.problems import InputProblem
from conformance.core.providers.reading import read_provider
from conformance.core.providers.schema import provider_schema
from conformance.core.providers.shipped import list_providers
from conformance.core.yaml.located import read_documents
from tests.support.json_schema import fits
from tests.support.provider_files import GOOD, MISTAKES, ODD

SHIPPED = [fixtures("providers", f"{name}.yaml").read_text(encoding="utf-8") for name in list_providers()]
WRONG = [text for text, *_ in MISTAKES]
HOSTS = [
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4",
    "a..b",
    "a.",
    "-a.b",
    "a-.b",
    "a.b-",
    "a_b.c",
    "a" * 64,
    "a.b.c.1",
    "x.1y",
    "::g",
]


def readable(text: str) -> bool:
    """Whether the reader takes the file."""
    try:
        read_provider(text, "x.yaml")
    except InputProblem:
        return False
    return True


@pytest.mark.parametrize("text", [GOOD, *ODD, *SHIPPED])
def test_what_is_good(text: str) -> None:
    [document] = read_documents(text, "x.yaml")
    assert readable(text)
    assert fits(provider_schema(), document.data)


@pytest.mark.parametrize("text", [one for one in WRONG if len(read_documents(one, "x.yaml")) == 1])
def test_what_is_wrong(text: str) -> None:
    [document] = read_documents(text, "x.yaml")
    assert not readable(text)
    assert not fits(provider_schema(), document.data)


@pytest.mark.parametrize("host", HOSTS)
def test_what_a_host_is(host: str) -> None:
    text = GOOD.replace("api.acme.test", f"'{host}'")
    [document] = read_documents(text, "x.yaml")
    assert readable(text) == fits(provider_schema(), document.data)


@pytest.mark.parametrize("field", ["name", "host", "path"])
@pytest.mark.parametrize("end", ["\\n", " ", "\\u00e4", "\\0"])
def test_nothing_may_stand_at_the_end(field: str, end: str) -> None:
    [value] = [line.partition(": ")[2] for line in GOOD.splitlines() if line.startswith(f"{field}:")]
    text = GOOD.replace(f"{field}: {value}", f'{field}: "{value}{end}"')
    [document] = read_documents(text, "x.yaml")
    assert (readable(text), fits(provider_schema(), document.data)) == (False, False)


def test_the_schema_is_json() -> None:
    assert json.loads(json.dumps(provider_schema())) == provider_schema()
