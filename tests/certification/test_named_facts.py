"""Manifests against the facts that a person names with --provider FILE: what is told, where, and how it is mended."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.certification.checks import Defect, check
from conformance.core.providers.provider import Provider
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.named_facts import meant_by
from conformance.manifests.render import render
from tests.support.checks import AGENTGATEWAY, KGATEWAY, sheet_of
from tests.support.nightly import share
from tests.support.nimbus import KEY, command

Capture = pytest.CaptureFixture[str]
Edit = Callable[[str], str]

HOST, PATH = "llm.borealis.example", "/openai/v1/chat/completions"
BOREALIS = Provider("borealis", "Borealis", HOST, 443, PATH, ("borealis-2", "borealis-2-mini"))
STRATUS = Provider("stratus", "Stratus", "api.stratus.example", 443, "/v1/chat/completions", ("stratus-1",))
FACTS = (
    f"name: borealis\ntitle: Borealis\nhost: {HOST}\nport: 443\npath: {PATH}\nmodels: [borealis-2, borealis-2-mini]\n"
)


def instead(old: str, new: str, times: int = -1) -> Edit:
    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, times)

    return edit


def names_elsewhere(name: str) -> Edit:
    """Another name everywhere but as the Backend's host."""
    return lambda text: text.replace(HOST, name).replace(f"host: {name}\n", f"host: {HOST}\n", 1)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BOREALIS_API_KEY", "STRATUS_API_KEY"):
        monkeypatch.setenv(name, KEY)


def told(text: str, dialect: str, *facts: Provider) -> list[Defect]:
    filled = text.replace("$BOREALIS_API_KEY", KEY).replace("$STRATUS_API_KEY", f"{KEY}-2")
    return check(sheet_of(filled, dialect=dialect, facts=facts))


MISTAKES = {
    "host-everywhere": (instead(HOST, "api.borealis.example"), "host-unlike-facts", f"set host to {HOST}; the same"),
    "host-alone": (instead(f" host: {HOST}", " host: lm.borealis.example"), "host-unlike-facts", f"set host to {HOST}"),
    "host-like-no-other": (instead(HOST, "gw.example.org"), "host-unlike-facts", f"set host to {HOST}; the same goes"),
    "port": (instead("port: 443", "port: 8443"), "port-unlike-vendor", "set port to 443"),
    "port-80": (instead("port: 443", "port: 80"), "port-unlike-vendor", "set port to 443"),
    "path": (instead("/openai/v1", "/v1"), "path-unlike-vendor", PATH),
    "model": (instead("borealis-2\n", "borealis-3\n"), "model-unlike-vendor", "set model to borealis-2"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_with_what_the_facts_say(name: str, dialect: str) -> None:
    edit, wanted, remedy = MISTAKES[name]
    text = render(BOREALIS, dialect)
    assert told(text, dialect, BOREALIS) == []
    (found,) = told(edit(text), dialect, BOREALIS)
    assert (found.check, str(found.severity)) == (wanted, "error")
    assert remedy in found.remedy


@pytest.mark.slow
@pytest.mark.parametrize(("name", "dialect"), share(itertools.product(MISTAKES, DIALECTS), 0, 3))
def test_a_mistake_is_mended(name: str, dialect: str, tmp_path: Path, capsys: Capture) -> None:
    edit, _, _ = MISTAKES[name]
    text, facts, file = render(BOREALIS, dialect), tmp_path / "facts.yaml", tmp_path / "b.yaml"
    facts.write_text(FACTS)
    file.write_text(edit(text))
    code, printed = command(capsys, "certify", str(file), "--provider", str(facts))
    assert code == 1, printed
    assert printed.count(". error ") == 1
    assert "kubectl patch" in printed
    added = {line[1:] for line in printed.splitlines() if line.startswith("+") and not line.startswith("+++")}
    assert added == set(text.splitlines()) - set(edit(text).splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_names_that_agree_with_each_other_do_not_outvote_the_facts(
    dialect: str, tmp_path: Path, capsys: Capture
) -> None:
    text, facts, file = render(BOREALIS, dialect), tmp_path / "facts.yaml", tmp_path / "b.yaml"
    facts.write_text(FACTS)
    file.write_text(names_elsewhere("lm.borealis.example")(text))
    remedies = [one.remedy for one in told(file.read_text(), dialect, BOREALIS)]
    assert remedies
    assert all(HOST in one for one in remedies)
    code, printed = command(capsys, "certify", str(file), "--provider", str(facts))
    assert code == 1, printed
    assert f"to {HOST}" in printed.partition("fix ")[2]
    assert not [line for line in printed.splitlines() if line.startswith("+") and " lm.borealis" in line]


def test_only_the_backend_meant_is_told() -> None:
    both = f"{render(STRATUS, KGATEWAY)}---\n{render(BOREALIS, KGATEWAY)}"
    wrong = both.replace(HOST, "api.borealis.test").replace("api.stratus.example", "llm.example.org")
    (found,) = told(wrong, KGATEWAY, BOREALIS)
    assert (found.check, "Borealis" in found.message) == ("host-unlike-facts", True)
    assert wrong.splitlines()[found.position.line - 1].strip() == "host: api.borealis.test"
    assert [one.remedy.partition(";")[0] for one in told(wrong, KGATEWAY, STRATUS, BOREALIS)] == [
        "set host to api.stratus.example",
        f"set host to {HOST}",
    ]


def test_the_policy_and_the_route_may_already_have_the_right_name() -> None:
    text = render(BOREALIS, KGATEWAY).replace(f" host: {HOST}", " host: api.borealis.example")
    assert [one.check for one in told(text, KGATEWAY, BOREALIS)] == ["host-unlike-facts"]
    other = text.replace(f"hostname: {HOST}", "hostname: x.example")
    told_of = {one.check: one.remedy for one in told(other, KGATEWAY, BOREALIS)}
    assert told_of["policy-hostname-differs"] == f"set validation.hostname to {HOST}"
    assert told_of["rewrite-hostname-differs"] == f"set hostname to {HOST}"


def test_a_name_that_follows_the_host_needs_no_change_of_its_own() -> None:
    text = render(BOREALIS, AGENTGATEWAY).replace(f"    tls:\n      sni: {HOST}\n", "    tls: {}\n")
    (found,) = told(text.replace(HOST, "api.borealis.example"), AGENTGATEWAY, BOREALIS)
    assert found.remedy == f"set host to {HOST}; the same goes for the route's URLRewrite hostname"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_facts_without_models_say_nothing_of_them(dialect: str) -> None:
    text = render(BOREALIS, dialect).replace("borealis-2\n", "borealis-3\n")
    assert told(text, dialect, dataclasses.replace(BOREALIS, models=("any-model",), any_model=True)) == []


def test_plaintext_and_no_key_where_the_facts_say_so() -> None:
    text = render(BOREALIS, KGATEWAY)
    assert [one.check for one in told(text, KGATEWAY, dataclasses.replace(BOREALIS, tls=False))] == [
        "policy-on-plaintext"
    ]
    keyed = dataclasses.replace(BOREALIS, auth_header="x-borealis-key", auth_scheme="")
    assert [one.check for one in told(text, KGATEWAY, keyed)] == ["auth-header-unlike-vendor"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("header", "scheme", "dialect"),
    share([(one, "Token", two) for one in ("x-borealis-key", "Authorization") for two in DIALECTS], 0, 3),
)
def test_a_key_is_sent_as_the_facts_say(
    header: str, scheme: str, dialect: str, tmp_path: Path, capsys: Capture
) -> None:
    facts, file = tmp_path / "facts.yaml", tmp_path / "b.yaml"
    facts.write_text(f"{FACTS}auth: {{header: {header}, scheme: {scheme}}}\n")
    file.write_text(render(BOREALIS, dialect))
    code, printed = command(capsys, "certify", str(file), "--provider", str(facts))
    assert code == 1, printed
    assert f"reads `{header}: {scheme} <key>`" in " ".join(printed.split())
    assert f"Send the key of {'Backend' if dialect == KGATEWAY else 'AgentgatewayBackend'} borealis as" in printed


@pytest.mark.slow
def test_every_backend_of_the_provider_is_certified(tmp_path: Path, capsys: Capture) -> None:
    facts, text = tmp_path / "facts.yaml", render(BOREALIS, KGATEWAY)
    facts.write_text(FACTS)
    other = text.replace("name: borealis", "name: second").replace("value: /borealis", "value: /second")
    (tmp_path / "b.yaml").write_text(f"{text}---\n{other}")
    code, printed = command(capsys, "certify", "-q", str(tmp_path / "b.yaml"), "--provider", str(facts))
    assert code == 0, printed
    assert "borealis: conformant" in printed
    assert "second: conformant" in printed


def test_a_host_that_is_wrapped_or_missing_is_told_by_itself_alone() -> None:
    text = render(BOREALIS, AGENTGATEWAY)
    assert [
        one.check for one in told(text.replace(f" host: {HOST}", f" host: https://{HOST}"), AGENTGATEWAY, BOREALIS)
    ] == ["host-not-a-name"]
    gone = text.replace(f"      host: {HOST}\n", "").replace("      port: 443\n", "")
    assert [one.check for one in told(gone, AGENTGATEWAY, BOREALIS)] == ["host-left-out"]


@pytest.mark.slow
def test_a_backend_of_another_name_is_found_by_its_host(tmp_path: Path, capsys: Capture) -> None:
    facts, file = tmp_path / "facts.yaml", tmp_path / "b.yaml"
    facts.write_text(FACTS)
    file.write_text(render(BOREALIS, KGATEWAY).replace("name: borealis\n", "name: mine\n").replace(HOST, f"x{HOST}"))
    code, printed = command(capsys, "certify", "-q", str(file), "--provider", str(facts), "--no-fix")
    assert code == 1, printed
    assert "borealis: NOT conformant" in printed


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([(("b",), HOST)], {}),
        ([(("b",), HOST.upper() + "."), (("borealis",), "x.example")], {}),
        ([(("b",), "x.example"), (("borealis",), "y.example")], {1: "borealis"}),
        ([(("b",), "api.borealis.example"), (("c",), "y.example")], {0: "borealis"}),
        ([(("b",), "y.example"), (("c",), "z.example")], {}),
        ([(("b",), "")], {0: "borealis"}),
        ([(("b",), "api.groq.com")], {}),
        ([(("borealis",), "api.groq.com")], {0: "borealis"}),
        ([], {}),
    ],
)
def test_which_entry_is_meant(entries: list[tuple[tuple[str, ...], str]], expected: dict[int, str]) -> None:
    found = meant_by([BOREALIS], entries)
    assert {number: one.name for number, one in found.items()} == expected


def test_no_entry_is_meant_twice() -> None:
    assert meant_by([BOREALIS, STRATUS], [(("b",), "x.example")]) == {0: BOREALIS}
