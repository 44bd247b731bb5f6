"""The library: verdicts as values, for paths and objects, from any thread; and one kind of exception for bad input."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import conformance
from conformance import (
    ClusterOptions,
    EmbeddedOptions,
    InputProblem,
    Level,
    Outcome,
    SetupProblem,
    StandaloneOptions,
    certify,
    certify_async,
)
from tests.support.hangs import HANGS
from tests.support.nimbus import KEY, NIMBUS, edited

MISTAKE = edited(("hostname: llm.nimbus.example", "hostname: llm.nimbu.example"))
OBJECTS = list(yaml.safe_load_all(NIMBUS))
CASE = "path/full-replaces-path"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)


OF_THE_VERSION = [("checks/default-missing-in-version",), ("checks/field-ignored-by-version",)]
"""Warnings: the gateway that this dialect is of sends the client's Host, and takes no notice of authHeader."""


@pytest.mark.slow
def test_objects_without_a_mistake() -> None:
    verdict = certify(*OBJECTS)
    verdict.assert_conformant()
    assert (verdict.passed, [one.shown_by for one in verdict.findings]) == (True, OF_THE_VERSION)
    assert verdict["nimbus"].conformant is True
    path = next(one for one in verdict["nimbus"].statements if one.id == CASE)
    assert (path.outcome, path.level, path.providers) == (Outcome.PASS, Level.MUST, ("nimbus",))
    assert [one["arrivals"][0]["target"] for one in path.evidence] == ["/api/v3/chat/completions"]
    assert KEY not in repr([one.evidence for one in verdict["nimbus"].statements])
    with pytest.raises(KeyError, match="stratus: the providers are nimbus"):
        verdict["stratus"]


@pytest.mark.slow
def test_a_mistake_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "nimbus.yaml"
    file.write_text(MISTAKE)
    verdict = certify(file)
    assert (verdict.passed, verdict["nimbus"].conformant) == (False, False)
    found = verdict.findings[0]
    assert [one.shown_by for one in verdict.findings[1:]] == OF_THE_VERSION
    assert found == verdict["nimbus"].findings[0]
    assert found.severity == "error"
    line = MISTAKE.splitlines().index("    hostname: llm.nimbu.example") + 1
    assert (found.file, found.line, found.column) == (str(file), line, 5)
    assert (found.field, found.remedy) == (
        "spec.validation.hostname",
        "set validation.hostname to llm.nimbus.example",
    )
    assert {"checks/policy-hostname-differs", "tls/policy-makes-tls"} <= set(found.shown_by)
    with pytest.raises(AssertionError) as raised:
        verdict.assert_conformant()
    said = str(raised.value)
    assert said == f"not conformant\n{verdict.text}"
    assert f"  at       {file}:{line}:5 spec.validation.hostname" in said
    assert "+    hostname: llm.nimbus.example" in said
    assert re.search(r"^nimbus: NOT conformant", said, re.MULTILINE)


@pytest.mark.slow
def test_an_object_s_place_is_that_in_what_safe_dump_makes_of_it() -> None:
    objects = list(yaml.safe_load_all(MISTAKE))
    policy = next(number for number, one in enumerate(objects) if one["kind"] == "BackendTLSPolicy")
    found = certify(*objects, fix=False).findings[0]
    lines = yaml.safe_dump(objects[policy], sort_keys=False).splitlines()
    assert (found.file, found.line) == (f"<object {policy + 1}>", lines.index("    hostname: llm.nimbu.example") + 1)


@pytest.mark.slow
async def test_where_a_loop_runs() -> None:
    """The caller's loop goes on beside the twin, and waits for the function."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    assert (await certify_async(*OBJECTS, cases=[CASE])).passed
    meanwhile = ticks
    assert meanwhile > 10
    chosen = certify(*OBJECTS, cases=[CASE])
    assert (chosen.passed, chosen["nimbus"].conformant) == (True, None)
    assert ticks == meanwhile
    ticking.cancel()


def test_options_are_the_command_s(tmp_path: Path) -> None:
    chosen = certify(*OBJECTS, cases=[CASE], target=EmbeddedOptions(mutant="path-not-replaced"), report=tmp_path)
    assert (chosen.passed, chosen["nimbus"].conformant) == (False, False)
    assert {one.id for one in chosen["nimbus"].statements} == {CASE}
    assert (tmp_path / "report.yaml").exists()
    made = certify(providers=["groq"], dialect="agentgateway-1", cases=[CASE])
    assert [one.name for one in made.providers] == ["groq"]


def test_keys_of_secrets_that_are_kept_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE", "sk-kept-elsewhere-0815")
    others = [one for one in OBJECTS if one["kind"] != "Secret"]
    verdict = certify(*others, secrets={"llm/nimbus-key": "ELSEWHERE"}, cases=["auth/key-as-bearer"])
    assert verdict.passed
    assert "sk-kept" not in repr(verdict)


def _own(depth: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for _ in range(depth):
        data = {"a": data}
    return data


_ROUND: dict[str, Any] = {}
_ROUND["a"] = _ROUND


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ((), {}, "nothing to certify - give files, folders or - with manifests, or a provider"),
        ((5,), {}, "a value of type int is neither a path nor an object"),
        ((OBJECTS,), {}, "those of a list as certify(*items)"),
        ((b"k8s",), {}, "a value of type bytes is neither a path nor an object"),
        (("/missing",), {}, "/missing: cannot be read: No such file or directory"),
        (("k8s\0",), {}, r"argument 1: 'k8s\x00' is no path"),
        (("-",), {}, "'-' is no path"),
        (("",), {}, "'' is no path"),
        (({},), {}, "<object 1>:1:1: apiVersion: required, a text"),
        (({"kind": KEY, "data": object()},), {}, "<object 1>: no plain data"),
        ((_own(90_000),), {}, "<object 1>: no plain data"),
        ((_own(120),), {}, "nested too deeply to be a manifest"),
        ((_ROUND,), {}, "<object 1>:2:3: too large or too deeply nested to be a manifest"),
        (({"a": float("nan")},), {}, "<object 1>:1:4: a: JSON has no .nan, nor has Kubernetes"),
        (({"a": b"x"},), {}, "the YAML tag tag:yaml.org,2002:binary is not allowed"),
        (({(1, 2): 3},), {}, "<object 1>:1:3: a key must be plain text"),
        (({"a": "\ud800"},), {}, "<object 1>:1:7: not valid YAML"),
        (OBJECTS, {"levle": "must"}, "levle: unknown - one of: target, dialect, providers, level"),
        (OBJECTS, {"level": "info"}, "--level info: unknown - one of: must, should, may"),
        (OBJECTS, {"level": None}, "level: expected a text, found a value of type NoneType"),
        (OBJECTS, {"target": "moon"}, "--target moon: unknown - one of: embedded"),
        (OBJECTS, {"dialect": 1}, "dialect: expected a text, found a value of type int"),
        (OBJECTS, {"dialect": "agentgateway-1"}, "leave out --dialect"),
        (OBJECTS, {"providers": "nimbus"}, "providers: expected a list of texts, found a value of type str"),
        (OBJECTS, {"providers": [1]}, "providers: expected a list of texts, found a value of type int"),
        (OBJECTS, {"providers": ["stratus"]}, "--provider stratus: the manifests have none of that name"),
        (OBJECTS, {"cases": ["no/such"]}, "--case no/such: no case of `certify`"),
        (OBJECTS, {"target": EmbeddedOptions("nobody")}, "--mutant nobody: unknown"),
        (OBJECTS, {"secrets": ["a"]}, "secrets: expected a mapping, found a value of type list"),
        (OBJECTS, {"secrets": {"nimbus-key": KEY}}, "--secret is NAME=VARIABLE or NAMESPACE/NAME=VARIABLE"),
        (OBJECTS, {"fix": 1}, "fix: expected True or False, found a value of type int"),
        (OBJECTS, {"report": 1}, "report: expected a path, found a value of type int"),
        (OBJECTS, {"target": 1}, "target: expected a name or a target's options, found a value of type int"),
        (OBJECTS, {"deviations": "x"}, "--deviations x: the embedded target has none"),
    ],
)
def test_what_cannot_be_used_is_one_exception(given: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputProblem) as raised:
        certify(*given, **options)
    assert message in str(raised.value)
    assert KEY not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_key_is_in_no_exception() -> None:
    """Whoever shows it does not know what is a key."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"key": "sk-geheim-4711"}}
    wrong = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sk-geheim-4711", "namespace": 1}}
    with pytest.raises(InputProblem) as raised:
        certify(secret, wrong)
    assert "sk-geheim" not in str(raised.value)


def test_a_target_that_cannot_be_set_up(tmp_path: Path) -> None:
    missing = tmp_path / "agentgateway"
    with pytest.raises(SetupProblem, match=f"--agentgateway-bin {missing}: no such file"):
        certify(*OBJECTS, target=StandaloneOptions(missing))
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("{}")
    with pytest.raises(SetupProblem, match="the kubeconfig cannot be used"):
        certify(*OBJECTS, target=ClusterOptions("image", kubeconfig))


def test_who_imports_the_package_waits_for_nothing() -> None:
    code = "import sys, conformance; print(sorted(name for name in sys.modules if name.startswith('conformance')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANGS)
    assert done.stdout.strip() == "['conformance', 'conformance.version']"
    assert all(getattr(conformance, name) is not None for name in conformance.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'certificate'"):
        conformance.certificate  # noqa: B018
