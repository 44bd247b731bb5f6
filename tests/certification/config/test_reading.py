"""`.agw-conformance.yaml`: where it is found, and one message with line and field for each mistake in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conformance.certification.config.model import NAME
from conformance.certification.config.reading import find_config, load_config, read_config
from conformance.certification.config.schema import config_schema
from conformance.core.problems import InputProblem
from tests.support.json_schema import fits
from tests.support.nimbus import command

WHOLE = """\
groups:
- {name: staging, paths: [k8s/staging], gatewayVersion: "2.1", helmValues: [k8s/v.yaml], variables: {A: b}}
- {name: shared, paths: [k8s/backends, k8s/routes], dialect: kgateway-2.1}
dialect: agentgateway-1
gatewayVersion: "1.4"
keys: [ACME_API_KEY]
gateways:
- {name: llm, namespace: infra, listeners: [{name: web, port: 80, protocol: HTTP}]}
accept:
- {check: policy-hostname-differs, path: k8s/staging, reason: a proxy in between, expires: 2999-12-31}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("staging", "backends", "routes"):
        (tmp_path / "k8s" / name).mkdir(parents=True)
    (tmp_path / "k8s" / "v.yaml").write_text("")
    monkeypatch.chdir(tmp_path)


def test_all_of_it_is_read() -> None:
    config = read_config(WHOLE, NAME)
    assert [(one.name, one.paths, one.dialect, one.gateway_version) for one in config.groups] == [
        ("staging", ("k8s/staging",), None, "2.1"),
        ("shared", ("k8s/backends", "k8s/routes"), "kgateway-2.1", None),
    ]
    assert (config.dialect, config.gateway_version) == ("agentgateway-1", "1.4")
    assert (config.groups[0].values, config.groups[0].variables) == (("k8s/v.yaml",), {"A": "b"})
    (gateway,) = config.gateways
    assert (str(gateway.id), gateway.at("spec", "listeners", 0, "port").line) == ("Gateway infra/llm", 8)
    (accepted,) = config.acceptances
    assert accepted.check == "checks/policy-hostname-differs"
    assert (accepted.is_about("k8s/staging/a.yaml"), accepted.is_about("k8s/routes/a.yaml")) == (True, False)
    assert config.environment({})["ACME_API_KEY"]
    assert config.environment({"ACME_API_KEY": "own"})["ACME_API_KEY"] == "own"
    assert config.keys["ACME_API_KEY"] not in repr(config)


def test_the_schema_takes_what_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = command(capsys, "config", "schema")
    assert (code, json.loads(printed)) == (0, config_schema())
    assert fits(config_schema(), yaml.load(WHOLE, yaml.BaseLoader))
    wrongs: list[dict[str, object]] = [{"group": []}, {"keys": ["a b"]}, {"accept": [{"check": "x"}]}, {"groups": [{}]}]
    for wrong in wrongs:
        assert not fits(config_schema(), wrong), wrong


MISTAKES = [
    ("paths: []", "1:1: paths: expected a list of at least one path"),
    ("paths: k8s", "1:1: paths: expected a list"),
    ("paths: [k8s]\ngroups: []", "2:1: groups: paths and groups do not go together"),
    ("paths: [../k8s]", "1:9: paths[0]: '../k8s' lies outside of this file's folder"),
    ("paths: [/etc]", "1:9: paths[0]: expected a path relative to this file"),
    ("paths: [k8s/stagin]", "1:9: paths[0]: there is no 'k8s/stagin' in "),
    ("group: []", "1:1: group: unknown field - known fields: paths, groups"),
    ("groups:\n- {paths: [k8s]}", "2:3: groups[0].name: expected a text"),
    ("groups: [x]", "1:10: groups[0]: expected a mapping"),
    ("groups: [{name: a/b, paths: [k8s]}]", "groups[0].name: expected a name of letters"),
    ("groups: [{name: a, paths: [k8s]}, {name: A, paths: [k8s]}]", "groups[1].name: another group has this name"),
    ("variables: {A: 1}", "1:13: variables.A: expected a text - put it in quotes"),
    ("variables: {a b: x}", "1:13: variables.a b: expected the name of an environment variable"),
    ("groups: [{name: a, paths: [k8s], helmValues: [../x]}]", "groups[0].helmValues[0]: '../x' lies outside"),
    ("dialect: kgateway-2", "1:1: dialect: unknown dialect 'kgateway-2' - one of: kgateway-2.1, agentgateway-1"),
    ("gatewayVersion: 1.4", "1:1: gatewayVersion: expected a text - put it in quotes"),
    ("keys: [sk-not-a-variable]", "1:8: keys[0]: expected the name of an environment variable, never a key"),
    ("gateways: [{name: A, namespace: b}]", "gateways[0].name: expected a name that Kubernetes takes"),
    ("gateways: [{name: a, namespace: b, listeners: [{name: x, port: web}]}]", "1:58: spec.listeners[0].port: "),
    ("accept: [{check: policy-hostname, reason: x, expires: 2999-01-01}]", "there is no such check or case - did you"),
    ("accept: [{check: no-policy-for-tls-port, expires: 2999-01-01}]", "accept[0].reason: expected a text"),
    ("accept: [{check: no-policy-for-tls-port, reason: x}]", "accept[0].expires: expected a text"),
    ("accept: [{check: no-policy-for-tls-port, reason: x, expires: 2999-02-30}]", "there is no day 2999-02-30"),
    ("accept: [{check: no-policy-for-tls-port, reason: x, expires: soon}]", "expected a date such as"),
    ("- a", "holds exactly one YAML mapping"),
    ("a: [", "not valid YAML"),
    ("keys: *gone", "not valid YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_is_one_message(text: str, said: str) -> None:
    with pytest.raises(InputProblem) as raised:
        read_config(text, NAME)
    assert said in str(raised.value)
    assert str(raised.value).startswith(NAME)
    assert "sk-not-a-variable" not in str(raised.value)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["name", "paths", "namespace", "listeners", "check", "path", "reason", "expires", "dialect"]),
    inner, max_size=4,
))  # fmt: skip
FIELDS = st.sampled_from(["paths", "groups", "dialect", "gatewayVersion", "keys", "gateways", "accept", "x"])


@pytest.mark.hostile
@given(st.dictionaries(FIELDS, VALUES, max_size=4))
def test_whatever_stands_there(data: dict[str, object]) -> None:
    told = ""
    try:
        read_config(yaml.safe_dump(data, sort_keys=False), NAME)
    except InputProblem as problem:
        told = str(problem)
    assert not told or told.startswith(f"{NAME}:")


def test_the_nearest_in_the_checkout_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NAME).write_text("dialect: agentgateway-1\n")
    below = tmp_path / "k8s" / "staging"
    assert find_config(below) is None  # outside of a checkout nobody above is asked
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(below)
    assert load_config().file == f"../../{NAME}"
    (below / NAME).write_text("")
    assert (load_config().file, load_config("none").file) == (NAME, "")
    (tmp_path / "k8s" / ".git").mkdir()
    assert find_config(tmp_path / "k8s" / "routes") is None


def test_a_link_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "k8s" / "out").symlink_to("/")
    with pytest.raises(InputProblem, match="lies outside"):
        read_config("paths: [k8s/out/etc]", NAME)


def test_check_says_what_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(capsys, "config", "check")[0] == 2
    Path(NAME).write_text(WHOLE)
    code, printed = command(capsys, "config", "check")
    assert code == 0
    assert printed.splitlines()[-2:] == [
        f"{NAME}:10:3: accepts checks/policy-hostname-differs: a proxy in between (until 2999-12-31)",
        f"{NAME}: in order",
    ]
