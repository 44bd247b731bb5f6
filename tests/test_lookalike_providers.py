"""Provider files: the shipped ones load, and each mistake is named with its line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cases.provider_table import PROVIDERS, Listed
from conformance.problems import InputProblem
from conformance.providers import list_providers, load_provider, provider_at, read_provider

GOOD = """\
name: acme
host: api.acme.test
port: 443
path: /v1/chat/completions
models: [acme-1]
"""


@pytest.mark.parametrize("name", list_providers())
def test_shipped_providers_load(name: str) -> None:
    provider = load_provider(name)
    assert provider.name == name
    assert len(provider.models) >= 2
    assert not provider.any_model
    assert "unauthorized" in provider.errors or not provider.auth_required


def test_defaults() -> None:
    provider = read_provider(GOOD, "acme.yaml")
    assert (provider.title, provider.tls, provider.auth_header, provider.auth_scheme) == (
        "acme",
        True,
        "Authorization",
        "Bearer",
    )
    assert provider.authority == "api.acme.test:443"
    assert provider.errors == {}
    assert (provider.auth_required, provider.any_model) == (True, False)


def test_a_host_is_the_same_in_capitals() -> None:
    assert read_provider(GOOD.replace("api.acme", "API.Acme"), "acme.yaml").host == "api.acme.test"


def test_without_models_any_will_do() -> None:
    assert read_provider(GOOD.replace("models: [acme-1]\n", ""), "acme.yaml").any_model


@pytest.mark.parametrize("name", list_providers())
def test_a_shipped_provider_is_known_by_its_host(name: str) -> None:
    provider = load_provider(name)
    assert provider_at(provider.host.upper()) == provider
    assert provider_at(f"x{provider.host}") is None


@pytest.mark.parametrize("listed", PROVIDERS, ids=lambda one: str(one.name))
def test_the_table_of_the_documentation_agrees(listed: Listed) -> None:
    provider = load_provider(listed.name)
    assert (provider.host, provider.port, provider.path) == (listed.host, 443, listed.path)
    assert listed.model in provider.models


def test_a_key_may_stand_alone_in_its_header() -> None:
    provider = read_provider(GOOD + "auth: {header: x-api-key, scheme: ''}\n", "acme.yaml")
    assert (provider.auth_header, provider.auth_scheme) == ("x-api-key", "")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "a-b.example.test"])
def test_hosts(host: str) -> None:
    assert read_provider(GOOD.replace("api.acme.test", f"'{host}'"), "acme.yaml").host == host


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        ("- a\n", 0, "", "exactly one YAML mapping"),
        (GOOD + "---\n" + GOOD, 0, "", "exactly one YAML mapping"),
        (GOOD + "hots: a\n", 6, "hots", "unknown field"),
        (GOOD.replace("acme\n", "Acme\n"), 1, "name", "lower-case letters, digits and inner hyphens, found 'Acme'"),
        (GOOD.replace("acme\n", f"{'a' * 41}\n"), 1, "name", "at most 40"),
        (GOOD.replace("name: acme", "name: 5"), 1, "name", "expected a text"),
        (GOOD.replace("api.acme.test", "https://api.acme.test"), 2, "host", "not a host name"),
        (GOOD.replace("api.acme.test", "api.acme.test:443"), 2, "host", "not a host name"),
        (GOOD.replace("api.acme.test", "1.2.3"), 2, "host", "not a host name"),
        (GOOD.replace("api.acme.test", "-a.test"), 2, "host", "not a host name"),
        (GOOD.replace("443", "'443'"), 3, "port", "from 1 to 65535"),
        (GOOD.replace("443", "0"), 3, "port", "from 1 to 65535"),
        (GOOD.replace("443", "true"), 3, "port", "from 1 to 65535"),
        (GOOD.replace("/v1", "v1"), 4, "path", "begins with a slash"),
        (GOOD.replace("completions", "completions?a=1"), 4, "path", "no space, [?] or #"),
        (GOOD.replace("[acme-1]", "[]"), 5, "models", "at least one"),
        (GOOD.replace("[acme-1]", "acme-1"), 5, "models", "at least one"),
        (GOOD.replace("[acme-1]", "[a, 5]"), 5, "models[1]", "expected a text"),
        (GOOD.replace("[acme-1]", "[a, a]"), 5, "models[1]", "stands twice"),
        (GOOD + "tls: 'yes'\n", 6, "tls", "true or false"),
        (GOOD + "title: ''\n", 6, "title", "expected a text"),
        (GOOD + "auth: Bearer\n", 6, "auth", "expected a mapping"),
        (GOOD + "auth:\n", 6, "auth", "expected a mapping"),
        (GOOD + "auth:\n  headr: a\n", 7, "auth.headr", "unknown field"),
        (GOOD + "auth:\n  header: 'a b'\n", 7, "auth.header", "the name of a header"),
        (GOOD + "auth:\n  scheme: 'a b'\n", 7, "auth.scheme", "one word"),
        (GOOD + "auth:\n  required: 'no'\n", 7, "auth.required", "true or false"),
        (GOOD + "errors: []\n", 6, "errors", "expected a mapping"),
        (GOOD + "errors:\n  gone: {status: 410, body: {}}\n", 7, "errors.gone", "unknown field"),
        (GOOD + "errors:\n  not_found: {status: 404}\n", 7, "errors.not_found", "`status` and either `body`"),
        (
            GOOD + "errors:\n  not_found: {status: 404, body: {}, text: a}\n",
            7,
            "errors.not_found",
            "either `body` or `text`",
        ),
        (GOOD + "errors:\n  not_found: {status: 404, text: {}}\n", 7, "errors.not_found.text", "expected a text"),
        (GOOD + "errors:\n  not_found: {status: 200, body: {}}\n", 7, "errors.not_found.status", "from 400 to 599"),
        (GOOD + "errors:\n  not_found: {body: {}}\n", 7, "errors.not_found.status", "from 400 to 599"),
        (GOOD + "errors:\n  not_found: {status: 404, body: {}, x: 1}\n", 7, "errors.not_found.x", "unknown field"),
        (GOOD + "sources: somewhere\n", 6, "sources", "expected a list"),
        (GOOD + "sources:\n  - a page\n", 7, "sources[0]", "expected a mapping"),
        (GOOD + "sources:\n  - {title: a}\n", 7, "sources[0].checked", "expected a text"),
        (GOOD + "sources:\n  - {title: a, checked: soon}\n", 7, "sources[0].checked", "a date such as"),
        (
            GOOD + "sources:\n  - {title: a, checked: 2026-11-23, url: 'ftp://a'}\n",
            7,
            "sources[0].url",
            "begins with https://",
        ),
        (GOOD + "notes: 5\n", 6, "notes", "expected a text"),
        (GOOD.replace("name: acme\n", ""), 1, "name", "expected a text"),
    ],
)
def test_mistakes(text: str, line: int, field: str, message: str) -> None:
    with pytest.raises(InputProblem, match=message) as raised:
        read_provider(text, "acme.yaml")
    assert raised.value.position is not None
    assert raised.value.position.file == "acme.yaml"
    assert raised.value.position.line == line
    assert (raised.value.field or "") == field


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputProblem, match=r"unknown provider 'nope'.*deepseek, .*mistral, ollama"):
        load_provider("nope")


def test_a_provider_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(GOOD)
    assert load_provider(str(file)).name == "acme"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "acme.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputProblem, match="cannot be read"):
        load_provider(str(file))
