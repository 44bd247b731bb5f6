"""The lookalikes of all shipped providers answer, and refuse, as their vendors do."""

from __future__ import annotations

import itertools

import pytest

from conformance.core.providers.provider import Provider, VendorError
from conformance.core.providers.shipped import list_providers, load_provider
from tests.support.lookalikes import PATH, chat, serving

ALL = [load_provider(name) for name in list_providers()]
WITH_KEY = [one for one in ALL if one.auth_required]
WITHOUT_KEY = [one for one in ALL if not one.auth_required]


def identity(provider: Provider) -> str:
    """How the vendor is reached."""
    return "good" if provider.tls else "plaintext"


@pytest.mark.parametrize("provider", ALL, ids=lambda one: str(one.name))
async def test_its_path_and_models_are_answered(provider: Provider) -> None:
    async with serving(provider=provider, identity=identity(provider)) as served:
        for model, path in itertools.product(provider.models, (provider.path, *provider.other_paths)):
            response = await served.ask(chat(model=model), path=path)
            assert (response.status_code, response.json()["model"]) == (200, model)


@pytest.mark.parametrize("provider", ALL, ids=lambda one: str(one.name))
async def test_another_model_is_refused(provider: Provider) -> None:
    async with serving(provider=provider, identity=identity(provider)) as served:
        response = await served.ask(chat(model="nobodys-model"), path=provider.path)
    expected = provider.errors["unknown_model"].status if "unknown_model" in provider.errors else 404
    assert response.status_code == expected
    assert not any(one in response.text for one in ("{model}", "{message}", "{path}", "{method}"))


@pytest.mark.parametrize("provider", WITH_KEY, ids=lambda one: str(one.name))
async def test_a_wrong_key_is_refused_in_the_vendors_words(provider: Provider) -> None:
    refused = provider.errors["unauthorized"]
    async with serving(provider=provider, identity=identity(provider)) as served:
        wrong = {provider.auth_header: f"{provider.auth_scheme} sk-wrong"}
        response = await served.ask(chat(model=provider.models[0]), path=provider.path, headers=wrong)
    assert response.status_code == refused.status
    assert (response.text if refused.plain else response.json()) == refused.body


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
