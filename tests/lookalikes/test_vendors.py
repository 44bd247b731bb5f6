"""The lookalikes of all shipped providers answer, and refuse, as their vendors do."""

from __future__ import annotations

import itertools

import pytest

from conformance.core.providers.forms import parts_of, with_examples
from conformance.core.providers.provider import Provider, VendorError
from conformance.core.providers.shipped import list_providers, load_provider
from tests.support.lookalikes import PATH, chat, serving

EVERY = [load_provider(name) for name in list_providers()]
# To serve costs a certificate: of those that answer alike the first stands for all.
ALL = list({(tuple(one.errors), one.tls, one.auths, one.any_model, one.other_paths): one for one in EVERY}.values())
WITH_KEY = [one for one in ALL if one.auth_required]
WITHOUT_KEY = [one for one in ALL if not one.auth_required]


def identity(provider: Provider) -> str:
    """How the vendor is reached."""
    return "good" if provider.tls else "plaintext"


@pytest.mark.parametrize("provider", ALL, ids=lambda one: str(one.name))
async def test_its_path_and_models_are_answered(provider: Provider) -> None:
    async with serving(provider=provider, identity=identity(provider)) as served:
        for model, path in itertools.product(provider.models, (provider.path, *provider.other_paths)):
            target = with_examples(path, {part: f"an-{part}" for part in parts_of(path)})
            response = await served.ask(chat(model=model), path=target)
            assert (response.status_code, response.json()["model"]) == (200, model)


@pytest.mark.parametrize("provider", ALL, ids=lambda one: str(one.name))
async def test_another_model_is_refused_unless_any_will_do(provider: Provider) -> None:
    async with serving(provider=provider, identity=identity(provider)) as served:
        response = await served.ask(chat(model="nobodys-model"), path=provider.path)
    refused = provider.errors["unknown_model"].status if "unknown_model" in provider.errors else 404
    expected = 200 if provider.any_model else refused
    assert response.status_code == expected
    assert not any(one in response.text for one in ("{model}", "{message}", "{path}", "{method}"))


@pytest.mark.parametrize("provider", WITH_KEY, ids=lambda one: str(one.name))
async def test_a_wrong_key_is_refused_in_the_vendors_words(provider: Provider) -> None:
    refused = provider.errors.get("unauthorized")
    async with serving(provider=provider, identity=identity(provider)) as served:
        wrong = {one.header: f"{one.scheme} sk-wrong".strip() for one in provider.auths}
        response = await served.ask(chat(model=provider.models[0]), path=provider.path, headers=wrong)
    assert response.status_code == (refused.status if refused else 401)
    if refused:
        assert (response.text if refused.plain else response.json()) == refused.body
    else:
        assert response.json()["error"]["code"] == "invalid_api_key"


async def test_a_key_is_taken_wherever_the_vendor_reads_it_and_needed_once() -> None:
    async with serving(provider=load_provider("azure-openai"), keys=frozenset({"k1"})) as served:
        ways = [{"api-key": "k1"}, {"Authorization": "Bearer k1"}, {"api-key": "Bearer k1"}, {"Authorization": "k1"}]
        found = [await served.ask(chat(model="any"), path="/openai/v1/chat/completions", headers=one) for one in ways]
    assert [one.status_code for one in found] == [200, 200, 401, 401]


async def test_a_path_that_wants_a_query_is_not_found_without_it() -> None:
    path = "/openai/deployments/gpt-4o/chat/completions"
    async with serving(provider=load_provider("azure-openai")) as served:
        found = [await served.ask(chat(model="any"), path=f"{path}{query}") for query in ("?api-version=1", "", "?a=1")]
    assert [one.status_code for one in found] == [200, 404, 404]
    assert found[1].json() == {"error": {"code": "404", "message": "Resource not found"}}


@pytest.mark.parametrize(
    "headers", [{"Authorization": ""}, {"Authorization": "Bearer of bad news"}, {"x-api-key": "x"}]
)
@pytest.mark.parametrize("provider", WITHOUT_KEY, ids=lambda one: str(one.name))
async def test_where_no_key_is_required_any_is_ignored(provider: Provider, headers: dict[str, str]) -> None:
    async with serving(provider=provider, identity="plaintext") as served:
        response = await served.ask(chat(model=provider.models[0]), path=provider.path, headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("404 page {path} not found", "text/plain; charset=utf-8"),
        ("<html>{path}</html>", "text/html; charset=utf-8"),
        ('{"detail": "ä{path}"}', "application/json"),
    ],
)
async def test_a_plain_error_goes_out_as_it_stands(text: str, content_type: str) -> None:
    acme = Provider("acme", "Acme", "a.test", 443, PATH, (), errors={"not_found": VendorError(404, text, plain=True)})
    async with serving(provider=acme) as served:
        response = await served.ask(chat(), path="/v2")
    assert response.status_code == 404
    assert response.headers["content-type"] == content_type
    assert response.text == text.replace("{path}", "/v2")
