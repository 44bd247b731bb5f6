"""Provider files: the shipped ones load, and each mistake is named with its line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cases.provider_table import PROVIDERS, Listed
from conformance.core.problems import InputProblem
from conformance.core.providers.reading import read_provider
from conformance.core.providers.shipped import list_providers, load_provider, provider_at
from tests.support.provider_files import GOOD, MISTAKES


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


@pytest.mark.parametrize(("text", "line", "field", "message"), MISTAKES)
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
