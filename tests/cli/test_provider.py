"""`agw-conformance provider`: what is known, shown, written and checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.core.providers.provider import Provider
from conformance.core.providers.schema import provider_schema
from conformance.core.providers.shipped import list_providers, load_provider
from conformance.manifests.dialects import DIALECTS
from conformance.report.facts import run_facts
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import Settings
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.embedded.target import EmbeddedTarget
from tests.support.nimbus import command
from tests.support.provider_files import GOOD

Capture = pytest.CaptureFixture[str]
NEW = ("provider", "new", "acme", "--host", "llm.acme.test", "--path", "/v1/chat/completions")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, empty at first."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_in(folder: Path) -> list[str]:
    """The names of its files."""
    return [one.name for one in folder.iterdir()]


def test_the_list_has_every_provider(capsys: Capture) -> None:
    code, printed = command(capsys, "provider", "list")
    rows = [line.split()[0] for line in printed.splitlines()]
    assert (code, rows) == (0, ["NAME", *list_providers()])
    words = [" ".join(line.split()) for line in printed.splitlines()]
    assert any(line.startswith("fireworks Fireworks AI api.fireworks.ai:443 /inference/v1") for line in words)
    azure = "azure-openai Azure OpenAI {resource}.openai.azure.com:443 /openai/v1/chat/completions any"
    assert azure in words
    assert "/compatibility/v1/chat/completions" in printed


def test_the_list_for_programs(capsys: Capture) -> None:
    code, printed = command(capsys, "provider", "list", "--json")
    found = {one["name"]: one for one in json.loads(printed)}
    assert (code, list(found)) == (0, [*list_providers()])
    assert found["ollama"]["auth"] == {"header": "Authorization", "scheme": "Bearer", "required": False}
    assert (found["ollama"]["port"], found["ollama"]["tls"], found["ollama"]["models"][0]) == (11434, False, "llama3.2")


def test_a_shown_provider_can_be_read_again(capsys: Capture, folder: Path) -> None:
    code, printed = command(capsys, "provider", "show", "xai")
    copy = folder / "copy.yaml"
    copy.write_text(printed)
    assert (code, load_provider(str(copy))) == (0, load_provider("xai"))
    assert command(capsys, "provider", "show", "./copy.yaml") == (0, printed)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), Provider("acme", "acme", "llm.acme.test", 443, "/v1/chat/completions", ("any-model",), any_model=True)),
        (
            ("--model", "a", "--model", "b:c", "--title", "Acme: the\n# firm", "--port", "8443"),
            Provider("acme", "Acme: the\n# firm", "llm.acme.test", 8443, "/v1/chat/completions", ("a", "b:c")),
        ),
        (
            ("--header", "x-api-key", "--scheme", "", "--model", "yes"),
            Provider(
                "acme",
                "acme",
                "llm.acme.test",
                443,
                "/v1/chat/completions",
                ("yes",),
                auth_header="x-api-key",
                auth_scheme="",
            ),
        ),
        (
            ("--header", "Api-Key"),
            Provider(
                "acme",
                "acme",
                "llm.acme.test",
                443,
                "/v1/chat/completions",
                ("any-model",),
                auth_header="Api-Key",
                auth_scheme="",
                any_model=True,
            ),
        ),
        (
            ("--plaintext", "--no-key", "--model", "m"),
            Provider(
                "acme",
                "acme",
                "llm.acme.test",
                80,
                "/v1/chat/completions",
                ("m",),
                tls=False,
                auth_required=False,
            ),
        ),
    ],
)
def test_a_new_file_says_what_the_options_said(
    options: tuple[str, ...], expected: Provider, capsys: Capture, folder: Path
) -> None:
    code, printed = command(capsys, *NEW, *options)
    assert code == 0
    assert "acme.yaml written. Try it: agw-conformance certify --provider ./acme.yaml" in printed
    assert load_provider("./acme.yaml") == expected
    assert files_in(folder) == ["acme.yaml"]
    assert command(capsys, "provider", "check", "acme.yaml")[0] == 0


@pytest.mark.parametrize(
    ("options", "scheme", "supposed"),
    [
        ((), "Bearer", ""),
        (("--header", "authorization"), "Bearer", ""),
        (("--header", "x-api-key"), "", "The key stands alone in x-api-key; if a word comes before it"),
        (("--header", "x-api-key", "--scheme", ""), "", ""),
        (("--header", "x-api-key", "--scheme", "Token"), "Token", ""),
        (("--scheme", "Token"), "Token", ""),
        (("--scheme", ""), "", ""),
        (("--header", "x-api-key", "--no-key"), "Bearer", ""),
    ],
)
def test_a_header_for_keys_has_no_scheme_unless_told(
    options: tuple[str, ...], scheme: str, supposed: str, capsys: Capture, folder: Path
) -> None:
    code, printed = command(capsys, *NEW, *options)
    assert (code, load_provider("./acme.yaml").auth_scheme) == (0, scheme)
    assert printed.startswith(supposed)
    assert ("--scheme Bearer" in printed) == bool(supposed)
    assert ("--dialect agentgateway-1" in printed) == (not scheme)


@pytest.mark.parametrize(
    ("file", "name", "remedy"),
    [
        ("acme.yaml", "acme", "for the provider of acme.yaml write its path: --provider ./acme.yaml"),
        ("keyed.yml", "keyed", "for the manifests in keyed.yml write: agw-conformance certify keyed.yml"),
        ("keyed/all.yaml", "keyed", "for the manifests in keyed write: agw-conformance certify keyed"),
        ("keyed/all.yaml", "keyed/", "for the manifests in keyed write: agw-conformance certify keyed"),
        ("other.yaml", "keyed", "use one of: ai21"),
        ("other.yaml", "key ed", "use one of: ai21"),
        ("other.yaml", "k" * 300, "use one of: ai21"),
    ],
)
def test_who_means_a_file_is_told_so(file: str, name: str, remedy: str, capsys: Capture, folder: Path) -> None:
    command(capsys, *NEW)
    if file != "acme.yaml":
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text("apiVersion: v1\nkind: Secret\n")
    for arguments in (("certify", "--provider", name), ("provider", "show", name)):
        code, printed = command(capsys, *arguments)
        assert code == 2
        assert f"unknown provider {name!r} - {remedy}" in " ".join(printed.split())


def test_a_file_that_is_there_stays_unless_forced(capsys: Capture, folder: Path) -> None:
    mine = folder / "mine.yml"
    mine.write_text("precious")
    code, printed = command(capsys, *NEW, "--out", "mine.yml")
    assert (code, mine.read_text()) == (2, "precious")
    assert "mine.yml: there is such a file already - choose another --out, or overwrite it with --force" in printed
    assert command(capsys, *NEW, "--out", "mine.yml", "--force")[0] == 0
    assert load_provider("mine.yml").name == "acme"
    assert files_in(folder) == ["mine.yml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("new", "Acme", "--host", "a.test", "--path", "/"), "NAME: expected at most 40 lower-case letters"),
        (
            ("new", "a", "--host", "https://a.test", "--path", "/"),
            "--host: 'https://a.test' is not a host name - write",
        ),
        (("new", "a", "--host", "a.test", "--path", "v1"), "--path: expected a path: it begins with a slash"),
        (("new", "a", "--host", "a.test", "--path", "/", "--port", "0"), "--port: expected a number from 1 to 65535"),
        (("new", "a", "--host", "a.test", "--path", "/", "--port", "x"), "argument --port: invalid int value: 'x'"),
        (("new", "a", "--host", "a.test", "--path", "/", "--model", ""), "--model: expected a text"),
        (("new", "a", "--host", "a.test", "--path", "/", "--model", "m", "--model", "m"), "--model: the model stands"),
        (("new", "a", "--host", "a.test", "--path", "/", "--header", "a b"), "--header: expected the name of a header"),
        (("new", "a", "--host", "a.test", "--path", "/", "--scheme", "a b"), "--scheme: expected one word"),
        (("new", "a", "--host", "a.test", "--path", "/", "--title", ""), "--title: expected a text"),
        (
            ("new", "a", "--host", "a.test", "--path", "/", "--out", "a.txt"),
            "--out a.txt: expected a name that ends in",
        ),
        (
            ("new", "a", "--host", "a.test", "--path", "/", "--out", "no/a.yaml"),
            "no/a.yaml: cannot be written: No such",
        ),
        (("new", "a", "--host", "a.test"), "the following arguments are required: --path"),
        (("show", "nobody"), "unknown provider 'nobody' - use one of: ai21"),
        (("show", "no.yaml"), "no.yaml: cannot be read"),
        (("check", "no.yaml"), "no.yaml: cannot be read"),
        (("check",), "the following arguments are required: FILE"),
        ((), "the following arguments are required: WHAT"),
    ],
)
def test_bad_usage(arguments: tuple[str, ...], message: str, capsys: Capture, folder: Path) -> None:
    code, printed = command(capsys, "provider", *arguments)
    assert (code, message in printed) == (2, True), printed
    assert "Traceback" not in printed
    assert files_in(folder) == []


def test_check_tells_of_every_file(capsys: Capture, folder: Path) -> None:
    (folder / "good.yaml").write_text(GOOD)
    (folder / "wrong.yaml").write_text(GOOD.replace("443", "70000"))
    (folder / "broken").write_text("a: [")
    code, printed = command(capsys, "provider", "check", "wrong.yaml", "good.yaml", "broken")
    assert code == 2
    assert "wrong.yaml:3:1: port: expected a number from 1 to 65535" in printed
    assert "good.yaml: in order: acme, acme at api.acme.test:443/v1/chat/completions" in printed
    assert "broken:2:1: not valid YAML" in printed


def test_the_schema_is_printed(capsys: Capture) -> None:
    code, printed = command(capsys, "provider", "schema")
    assert (code, json.loads(printed)) == (0, provider_schema())


def test_a_run_has_one_provider_of_a_name(capsys: Capture, folder: Path) -> None:
    (folder / "mine.yaml").write_text(GOOD.replace("acme", "groq"))
    code, printed = command(capsys, "run", "--provider", "groq", "--provider", "./mine.yaml")
    assert (code, "--provider ./mine.yaml: another one of this run has the name groq, too" in printed) == (2, True)


def test_what_is_to_be_run_again_names_the_file(folder: Path) -> None:
    (folder / "my own.yaml").write_text(GOOD)
    profiles = (documented_profile("./my own.yaml", DIALECTS[0]), documented_profile("groq", DIALECTS[0]))
    settings = Settings(profiles, EmbeddedOptions())
    assert [settings.called(one) for one in ("acme", "groq", "fence")] == ["./my own.yaml", "groq", "fence"]
    facts = run_facts(settings, EmbeddedTarget.implementation, None)
    assert "--provider './my own.yaml' --provider groq" in facts.command
