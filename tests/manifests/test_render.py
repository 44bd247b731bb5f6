"""Rendered manifests: those of the pages, for every provider, and with whatever a provider of one's own needs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import yaml

from conformance.core.fixtures import fixtures
from conformance.core.problems import InputProblem
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import list_providers, load_provider
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.upstream import Expected, expect
from conformance.manifests.dialects import DIALECTS, dialect_named, read_configuration
from conformance.manifests.objects import Manifest, ManifestSet, read_manifests
from conformance.manifests.render import NO_KEY, key_variable, render
from conformance.stage.scenario.profile import documented_profile, rendered_profile
from tests.support.admission_objects import admitted

ACME = Provider("acme-ai", "Acme", "llm.acme.test", 8443, "/v2/chat", ("acme-1", "acme-2"))
KGATEWAY, AGENTGATEWAY = DIALECTS


def objects(text: str) -> list[dict[str, Any]]:
    """The objects of a YAML stream."""
    return list(yaml.safe_load_all(text))


def documented(name: str, dialect: str) -> list[dict[str, Any]]:
    """The objects of a page."""
    return objects(fixtures("manifests", dialect, f"{name}.yaml").read_text(encoding="utf-8"))


def expected(provider: Provider, dialect: str) -> Expected:
    """What the oracle expects of a request to the rendered manifests."""
    manifests = rendered_profile(provider, dialect).manifests
    request = ClientRequest("POST", f"/{provider.name}", (("Host", "localhost"),), b"{}")
    return expect(read_configuration(manifests, dialect), request)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_mistral_comes_out_as_on_the_page(dialect: str) -> None:
    assert objects(render(load_provider("mistral"), dialect)) == documented("mistral", dialect)


def test_deepseek_comes_out_as_on_the_page_but_for_the_rewrite() -> None:
    # The page leaves it out for DeepSeek, and then kgateway 2.1 sends the client's Host (FACTS D4).
    rendered = objects(render(load_provider("deepseek"), KGATEWAY))
    del rendered[2]["spec"]["rules"][0]["filters"]
    assert rendered == documented("deepseek", KGATEWAY)


def test_deepseek_comes_out_as_on_the_successors_page_but_for_the_rewrite_and_where_tls_stands() -> None:
    rendered = objects(render(load_provider("deepseek"), AGENTGATEWAY))
    page = documented("deepseek", AGENTGATEWAY)
    del rendered[2]["spec"]["rules"][0]["filters"]
    assert rendered[1]["spec"]["policies"].pop("tls") == {"sni": page.pop()["spec"]["validation"]["hostname"]}
    assert rendered == page


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", list_providers())
def test_every_provider_is_accepted_and_reached(name: str, dialect: str) -> None:
    provider = load_provider(name)
    for one in objects(render(provider, dialect)):
        admitted(one)
    found = expected(provider, dialect)
    assert (found.host, found.port, found.target, found.model) == (
        provider.host,
        provider.port,
        provider.path,
        None if provider.any_model else provider.models[0],
    )
    assert found.authority == provider.host
    assert (found.tls.verify if found.tls else None) == ((provider.host,) if provider.tls else None)
    assert (found.credential is not None) == (provider.auth_required or dialect == KGATEWAY)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_documented_provider_has_the_pages_manifests_and_another_rendered_ones(dialect: str) -> None:
    page, other = documented_profile("deepseek", dialect), documented_profile("groq", dialect)
    assert page.curl is not None
    assert page.manifests.one("HTTPRoute").at().file.endswith("deepseek.yaml")
    assert other.curl is None
    assert other.manifests.one("HTTPRoute").at("spec").file == f"<groq, {dialect}>"
    assert other.manifests.one("HTTPRoute").at("spec").line > 20


def test_a_file_of_a_documented_name_gets_manifests_of_its_own(tmp_path: Any) -> None:
    mine = tmp_path / "mistral.yaml"
    text = fixtures("providers", "mistral.yaml").read_text(encoding="utf-8")
    mine.write_text(text.replace("api.mistral.ai", "mistral.acme.test"))
    profile = documented_profile(str(mine), KGATEWAY)
    assert dialect_named(KGATEWAY).single(backend(profile.manifests))["host"] == "mistral.acme.test"


def backend(manifests: ManifestSet) -> dict[str, Any]:
    """The Backend of a set."""
    found: Manifest = next(one for one in manifests if one.kind.endswith("Backend"))
    return found.data


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_rendered_secret_has_a_made_up_key_and_the_text_a_variable(dialect: str) -> None:
    assert "Authorization: $ACME_AI_API_KEY\n" in render(ACME, dialect)
    assert key_variable(ACME) == "ACME_AI_API_KEY"
    credential = expected(ACME, dialect).credential
    assert credential is not None
    assert credential[1].startswith("Bearer sk-conformance-acme-ai-")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("header", "scheme"), [("x-api-key", "Bearer"), ("Authorization", "Api-Key"), ("x-api-key", "Token")]
)
def test_another_header_or_scheme(header: str, scheme: str, dialect: str) -> None:
    provider = dataclasses.replace(ACME, auth_header=header, auth_scheme=scheme)
    for one in objects(render(provider, dialect)):
        admitted(one)
    credential = expected(provider, dialect).credential
    assert credential is not None
    assert (credential[0].lower(), credential[1].split(" ")[0]) == (header.lower(), scheme)


def test_a_key_that_stands_alone_is_the_successors_only() -> None:
    provider = dataclasses.replace(ACME, auth_header="x-api-key", auth_scheme="")
    credential = expected(provider, AGENTGATEWAY).credential
    assert credential is not None
    assert (credential[0], " " in credential[1]) == ("x-api-key", False)
    with pytest.raises(InputProblem, match=r"has no way to say - use --dialect agentgateway-1"):
        render(provider, KGATEWAY)


def test_the_usual_header_in_other_letters_is_the_usual_one() -> None:
    provider = dataclasses.replace(ACME, auth_header="authorization", auth_scheme="bearer")
    assert [render(provider, one) for one in DIALECTS] == [render(ACME, one) for one in DIALECTS]


def test_without_key_there_is_no_secret_and_what_the_api_demands_is_a_made_up_word() -> None:
    provider = dataclasses.replace(ACME, auth_required=False)
    for dialect in DIALECTS:
        kinds = [one["kind"] for one in objects(render(provider, dialect))]
        assert "Secret" not in kinds
    assert expected(provider, KGATEWAY).credential == ("Authorization", f"Bearer {NO_KEY}")
    assert expected(provider, AGENTGATEWAY).credential is None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_plaintext_asks_for_no_tls(dialect: str) -> None:
    provider = dataclasses.replace(ACME, tls=False)
    assert expected(provider, dialect).tls is None
    assert "BackendTLSPolicy" not in render(provider, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_address_is_not_rewritten_to(dialect: str) -> None:
    provider = dataclasses.replace(ACME, host="192.0.2.7", tls=False)
    text = render(provider, dialect)
    assert "URLRewrite" not in text
    for one in objects(text):
        admitted(one)


def test_tls_to_an_address_is_the_successors_only() -> None:
    provider = dataclasses.replace(ACME, host="192.0.2.7")
    for one in objects(render(provider, AGENTGATEWAY)):
        admitted(one)
    found = expected(provider, AGENTGATEWAY).tls
    assert found is not None
    assert (found.sni, found.verify) == ("", ("192.0.2.7",))
    with pytest.raises(InputProblem, match=r"takes names only - give its host a name, or use --dialect agentgateway-1"):
        render(provider, KGATEWAY)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("model", ["yes", "1.0", "a: b # c", "org/model:tag", '"quoted"', "ünicode"])
def test_any_model_comes_through(model: str, dialect: str) -> None:
    manifests = ManifestSet(read_manifests(render(ACME, dialect, model=model), "x"))
    [found] = read_configuration(manifests, dialect).backends[0].providers
    assert found.model == model


@pytest.mark.parametrize("dialect", DIALECTS)
def test_where_any_model_will_do_none_is_named(dialect: str) -> None:
    provider = dataclasses.replace(ACME, models=("any-model",), any_model=True)
    assert expected(provider, dialect).model is None
    for one in objects(render(provider, dialect)):
        admitted(one)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_namespace_and_gateway_of_ones_own(dialect: str) -> None:
    rendered = objects(render(ACME, dialect, namespace="team", gateway=("edge", "front")))
    assert {one["metadata"]["namespace"] for one in rendered} == {"team"}
    [route] = [one for one in rendered if one["kind"] == "HTTPRoute"]
    assert route["spec"]["parentRefs"] == [{"name": "front", "namespace": "edge"}]
    assert route["spec"]["rules"][0]["backendRefs"][0]["namespace"] == "team"
