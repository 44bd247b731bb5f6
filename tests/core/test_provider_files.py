"""Provider files: the shipped ones load, and each mistake is named with its line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cases.provider_table import PROVIDERS, Listed
from conformance.core.problems import InputProblem
from conformance.core.providers.forms import parts_of, with_examples
from conformance.core.providers.reading import read_provider
from conformance.core.providers.shipped import (
    known_hosts,
    list_providers,
    load_provider,
    moved_from,
    not_at,
    provider_at,
    provider_file,
)
from tests.support.provider_files import GOOD, MISTAKES

FORMS = {one.host_form for one in map(load_provider, list_providers()) if "{" in one.host_form}


def example(form: str) -> str:
    """A host of this form."""
    return with_examples(form, {part: f"an-{part}" for part in parts_of(form)})


UNSAID = ("How the vendor words mistakes was not found", "How it words a wrong key was not found")


def test_shipped_providers_load() -> None:
    """What of their errors was not found is said; a list of models is one of several."""
    assert len(list_providers()) >= 40
    for name in list_providers():
        provider, text = load_provider(name), " ".join(provider_file(name).read_text(encoding="utf-8").split())
        assert provider.name == name
        assert provider.any_model or len(provider.models) >= 2
        known = "unauthorized" in provider.errors or not provider.auth_required
        assert known or any(one in text for one in UNSAID), name
        assert "checked:" in text


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


def test_shipped_providers_are_known_by_all_their_hosts() -> None:
    """The quick look at the files' lines finds what the whole reading finds."""
    assert set(known_hosts()) >= {load_provider(name).host_form for name in list_providers()} - FORMS
    for name in list_providers():
        provider = load_provider(name)
        for form in (provider.host, *provider.other_hosts):
            host = example(form)
            assert provider_at(host.upper()) == provider.at(host), name
            assert provider_at(f"{host}.acme.test") is None, name
        for form in provider.former_hosts:
            assert (provider_at(example(form)), moved_from(example(form))) == (None, provider), name
        for form in provider.not_at:
            assert (provider_at(example(form)), not_at(example(form).upper())) == (None, provider), name


def test_a_host_is_one_provider_alone() -> None:
    providers = [load_provider(name) for name in list_providers()]
    hosts = [example(form) for one in providers for form in {one.host, *one.other_hosts}]
    assert [host for host in hosts if sum(one.stands_at(host) for one in providers) != 1] == []


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("acme-eu.openai.azure.com", "azure-openai"),
        ("europe-west1-aiplatform.googleapis.com", "vertex"),
        ("bedrock-runtime.eu-central-1.amazonaws.com", "bedrock"),
        ("bedrock-runtime.amazonaws.com", None),
        ("adb-1234567890123456.7.azuredatabricks.net", "databricks"),
        ("xy12345.eu-central-1.snowflakecomputing.com", "snowflake"),
        ("openai.azure.com", None),
        ("evil.com.openai.azure.com", None),
        ("acme.openai.azure.com.evil.com", None),
    ],
)
def test_customers_hosts_are_known_by_their_form(host: str, name: str | None) -> None:
    found = provider_at(host)
    assert (found.name, found.host) == (name, host) if found else name is None


@pytest.mark.parametrize(
    ("name", "target", "has", "lacks"),
    [
        ("azure-openai", "/openai/v1/chat/completions", True, []),
        ("azure-openai", "/openai/v1/chat/completions?api-version=preview", True, []),
        ("azure-openai", "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", True, []),
        ("azure-openai", "/openai/deployments/gpt-4o/chat/completions?a=b", True, ["api-version"]),
        ("azure-openai", "/openai/deployments/gpt-4o/chat/completions", True, ["api-version"]),
        ("azure-openai", "/openai/deployments/a/b/chat/completions", False, []),
        ("azure-openai", "/v1/chat/completions", False, []),
        ("cloudflare", "/client/v4/accounts/f00/ai/v1/chat/completions", True, []),
        ("mistral", "/v1/chat/completions?safe=true", True, []),
    ],
)
def test_paths_are_known_by_their_form(name: str, target: str, has: bool, lacks: list[str]) -> None:
    provider = load_provider(name)
    assert (provider.has_path(target), provider.lacking(target)) == (has, lacks)


def test_what_varies_is_shown_as_a_form_and_used_with_its_example() -> None:
    azure, vertex = load_provider("azure-openai"), load_provider("vertex")
    assert (azure.host, azure.host_form) == ("my-resource.openai.azure.com", "{resource}.openai.azure.com")
    assert "/projects/my-project/locations/us-central1/" in vertex.path
    assert "/projects/{project}/locations/{location}/" in vertex.path_form
    assert azure.path == azure.path_form == "/openai/v1/chat/completions"


def test_a_form_needs_examples_that_fit() -> None:
    form = GOOD.replace("api.acme.test", "'{a}.acme.test'")
    with pytest.raises(InputProblem, match=r"acme.yaml:2:1: host: \{a\} has no example - add one to examples: a"):
        read_provider(form, "acme.yaml")
    with pytest.raises(InputProblem, match=r"acme.yaml:6:1: examples: with its examples it is no host: 'a/b.acme"):
        read_provider(f"{form}examples: {{a: a/b}}\n", "acme.yaml")
    assert read_provider(f"{form}examples: {{a: one}}\n", "acme.yaml").host == "one.acme.test"


def test_a_key_may_be_sent_in_several_ways() -> None:
    azure = load_provider("azure-openai")
    ways = [
        ("API-Key", ""),
        ("authorization", "Bearer"),
        ("Authorization", ""),
        ("api-key", "Bearer"),
        ("x-api-key", ""),
    ]
    assert [azure.reads(*one) for one in ways] == [True, True, False, False, False]


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
    with pytest.raises(InputProblem, match=r"unknown provider 'nope'.*deepseek, .*mistral, .*ollama"):
        load_provider("nope")


def test_a_provider_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(GOOD)
    assert load_provider(str(file)).name == "acme"


@pytest.mark.parametrize(
    ("content", "told"), [(None, "cannot be read: No such"), (b"\xff\xfe\x00", "is not UTF-8 text")]
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "acme.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputProblem, match=told):
        load_provider(str(file))
