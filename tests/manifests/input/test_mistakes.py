"""Manifests as people get them wrong: one message each, with file, line, field, what was expected and the remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.core.problems import InputProblem
from conformance.core.yaml.located import dotted, read_documents
from conformance.manifests.input.files import read_files
from conformance.manifests.input.reading import read_input
from conformance.manifests.objects import ManifestSet, read_manifests
from tests.support.inputs import profiles_of
from tests.support.nimbus import KEY, NIMBUS, edited


def refused(text: str, variables: dict[str, str] | None = None) -> InputProblem:
    with pytest.raises(InputProblem) as raised:
        profiles_of(text, variables)
    return raised.value


def deep(size: int) -> str:
    return "a: " + "[" * size + "]" * size


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        pytest.param("a: [1, 2", None, None, "not valid YAML", id="unclosed"),
        pytest.param("a:\n\tb: 1", 2, None, "not valid YAML", id="tab"),
        pytest.param("a: 1\nb: 2\na: 3", 3, "a", "stands twice", id="key twice"),
        pytest.param("x:\n  a: 1\n  a: 1", 3, "x.a", "stands twice", id="key twice below"),
        pytest.param("{1: a, '1': b}", 1, "1", "stands twice", id="key twice in two types"),
        pytest.param("[a]: 1", 1, None, "a key must be plain text", id="list as key"),
        pytest.param("x: !!python/object:os.system {}", 1, "x", "tag", id="python tag on a mapping"),
        pytest.param("x: !!python/name:os.system ''", 1, "x", "tag", id="python tag"),
        pytest.param("x: !Ref y", 1, "x", "tag", id="template tag"),
        pytest.param("x: !!set {a, b}", 1, "x", "tag", id="set"),
        pytest.param("x: !!int abc", 1, "x", "not a valid int", id="no int"),
        pytest.param("x: !!bool abc", 1, "x", "not a valid bool", id="no bool"),
        pytest.param("x: !!binary '*'", 1, "x", "tag", id="binary"),
        pytest.param("x: .inf", 1, "x", "JSON has no .inf", id="infinite"),
        pytest.param("x: *nobody", 1, None, "not valid YAML", id="unknown alias"),
        pytest.param("x: &x [*x]", 1, None, "deep", id="alias to itself"),
        pytest.param(BOMB, None, None, "too large", id="alias bomb"),
        pytest.param(deep(150), 1, None, "deep", id="deep"),
        pytest.param(deep(20_000), 1, None, "deep", id="very deep"),
        pytest.param(deep(100_000), 1, None, "deep", id="deeper than the stack"),
        pytest.param("- " * 100_000, 1, None, "deep", id="deeper than the stack, in dashes"),
        pytest.param("x: 18446744073709551616", 1, "x", "does not fit in 64 bits", id="65 bits"),
        pytest.param("x: -9223372036854775809", 1, "x", "does not fit in 64 bits", id="65 bits below zero"),
        pytest.param("a: \x00", None, None, "not valid YAML", id="NUL"),
        pytest.param("a: \ud800", None, None, "is not UTF-8 text", id="surrogate"),
        pytest.param("just text", 1, None, "a Kubernetes object is a mapping", id="text"),
        pytest.param("- a\n- b", 1, None, "a Kubernetes object is a mapping", id="list"),
        pytest.param("42", 1, None, "a Kubernetes object is a mapping", id="number"),
        pytest.param("kind: Secret", 1, "apiVersion", "required, a text", id="no apiVersion"),
        pytest.param("apiVersion: 1\nkind: Secret", 1, "apiVersion", "required, a text", id="apiVersion a number"),
        pytest.param("apiVersion: v1\nkind: [a]", 2, "kind", "required, a text", id="kind a list"),
        pytest.param("apiVersion: v1\nkind: Secret", 1, "metadata", "required, a mapping", id="no metadata"),
        pytest.param("{apiVersion: v1, kind: Secret, metadata: {}}", 1, "metadata.name", "required", id="no name"),
        pytest.param("{apiVersion: v1, kind: List, items: [1]}", 1, None, "is a mapping", id="list of a number"),
        pytest.param("{apiVersion: v1, kind: S, metadata: {name: a}}", 1, None, "no Backend", id="nothing to test"),
    ],
)
def test_no_manifests(text: str, line: int | None, field: str | None, message: str) -> None:
    problem = refused(text)
    assert message in problem.message
    assert problem.position is not None
    assert problem.position.file == "given.yaml"
    assert line is None or problem.position.line == line
    assert field is None or problem.field == field


FILTER = "    filters: [{urlRewrite: x}]\n"
TOKEN, RULE = "spec.ai.llm.openai.authToken", "spec.rules[0]"
SECRET, KEY_LINE = "stringData:\n  Authorization: $NIMBUS_API_KEY\n", 8


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        (SECRET, "", 1, "stringData.Authorization", "required, Backend llm/nimbus takes its API key from there"),
        (SECRET, "stringData: {}\n", 7, "stringData.Authorization", "required"),
        ("  Authorization:", "  authorization:", 7, "stringData.Authorization", "the Secret has only authorization"),
        ("$NIMBUS_API_KEY", "''", KEY_LINE, "stringData.Authorization", "empty"),
        ("$NIMBUS_API_KEY", "'Bearer '", KEY_LINE, "stringData.Authorization", "empty"),
        ("$NIMBUS_API_KEY", "<insert your API key>", KEY_LINE, "stringData.Authorization", "placeholder"),
        ("$NIMBUS_API_KEY", "Bearer ${OTHER}", KEY_LINE, "stringData.Authorization", "$OTHER has no value"),
        ("$NIMBUS_API_KEY", "12345", KEY_LINE, "stringData.Authorization", "found a value of type int"),
        ("$NIMBUS_API_KEY", "yes", KEY_LINE, "stringData.Authorization", "type bool"),
        ("$NIMBUS_API_KEY", "", KEY_LINE, "stringData.Authorization", "found nothing"),
        ("$NIMBUS_API_KEY", "[a]", KEY_LINE, "stringData.Authorization", "type list"),
        (SECRET, "stringData: [a]\n", 7, "stringData", "expected a mapping"),
        (SECRET, "data: {Authorization: '#'}\n", 7, "data.Authorization", "no base64"),
        (SECRET, "data: {Authorization: JE5PUEU=}\n", 7, "data.Authorization", "placeholder"),
        ("metadata:\n  name: nimbus-key\n", "metadata:\n  name: 5\n", 4, "metadata.name", "found a value of type int"),
        ("  name: nimbus-key\n", "  name: ''\n", 4, "metadata.name", "required, a text"),
        ("  namespace: llm\ntype", "  namespace: no\ntype", 5, "metadata.namespace", "type bool, as yes, no, on"),
        ("  namespace: llm\ntype", "  namespace: [llm]\ntype", 5, "metadata.namespace", "expected a text"),
        ("type: Opaque", "type: Opaque\nspec: [x]", 7, "spec", "expected a mapping"),
        ("  name: nimbus\n", "  name: nimbus\n  labels: {a: 1}\n", 14, "metadata.labels.a", "a value of type int"),
        ("  ai:", "  ai: 5\n  other:", 17, "spec.ai", "expected a mapping, found 5"),
        ("      openai:", "      nobody:", 18, "spec.ai.llm", "no provider; exactly one of openai"),
        ("    llm:", "    other:", 17, "spec.ai", "the Backend has no provider"),
        ("port: 8443", "port: '8443'", 29, "spec.ai.llm.port", "expected a number, found '8443'"),
        ("port: 8443", "port: true", 29, "spec.ai.llm.port", "expected a number, found True"),
        ("host: llm.nimbus.example", "host: [a]", 28, "spec.ai.llm.host", "expected a text"),
        ("full: /api/v3/chat/completions", "full: 3", 31, "spec.ai.llm.path.full", "expected a text, found 3"),
        ("model: cumulus-2-chat", "model: y", 24, "spec.ai.llm.openai.model", "found True, as yes, no, on, off, y"),
        ("model: cumulus-2-chat", "model: 4.1", 24, "spec.ai.llm.openai.model", "expected a text, found 4.1"),
        ("headerName: x-nimbus-token", "headerName: {}", 26, "spec.ai.llm.authHeader.headerName", "expected a text"),
        ("prefix: Nimbus", "prefix: 0", 27, "spec.ai.llm.authHeader.prefix", "expected a text, found 0"),
        ("kind: SecretRef", "kind: 1", 21, f"{TOKEN}.kind", "expected a text"),
        ("            name: nimbus-key", "            name: 1", 23, f"{TOKEN}.secretRef.name", "a text"),
        ("  rules:\n  -", "  rules: 5\n  other:\n  -", 42, "spec.rules", "expected a list"),
        ("  - matches:", "  - hello\n  - matches:", 43, "spec.rules[0]", "expected a mapping"),
        ("        value: /nimbus", "        value: 5", 46, "spec.rules[0].matches[0].path.value", "expected a text"),
        ("  parentRefs:", "  hostnames: [1]\n  parentRefs:", 39, "spec.hostnames[0]", "expected a text, found 1"),
        ("    - name: nimbus\n", "    - nam: x\n", 48, f"{RULE}.backendRefs[0].name", "required, a text"),
        ("    backendRefs:", f"{FILTER}    backendRefs:", 47, f"{RULE}.filters[0].urlRewrite", "a mapping"),
        ("    hostname: llm.nimbus.example\n", "", 62, "spec.validation.hostname", "required, a text"),
        ("  validation:", "  validation: 1\n  other:", 62, "spec.validation", "expected a mapping"),
    ],
)  # fmt: skip
def test_wrong_field(old: str, new: str, line: int, field: str, message: str) -> None:
    problem = refused(edited((old, new)))
    assert message in problem.message
    assert (problem.position and problem.position.line, problem.field) == (line, field)
    assert str(problem).startswith(f"given.yaml:{line}:")
    assert KEY not in str(problem)


def test_variable_without_value_names_the_command_that_sets_it() -> None:
    problem = refused(NIMBUS, variables={"NIMBUS_API_KEY": ""})
    assert str(problem) == (
        "given.yaml:8:3: stringData.Authorization: the variable $NIMBUS_API_KEY has no value, so the placeholder"
        " itself would be sent as the key - set it first: export NIMBUS_API_KEY=..., or name another variable:"
        " --secret nimbus-key=VARIABLE"
    )


def test_inline_token_of_a_wrong_type_is_not_shown() -> None:
    problem = refused(edited(("kind: SecretRef", "kind: Inline\n          inline: 47110815")))
    assert problem.field == "spec.ai.llm.openai.authToken.inline"
    assert "47110815" not in str(problem)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfea\x00", "is not UTF-8 text"),
        (b"kind: \x80", "is not UTF-8 text"),
        (b"# " + b"x" * (4 * 1024 * 1024), "larger than any manifest (4 MiB)"),
        (b"", "no Kubernetes object in it"),
        (b"---\n# nothing\n---\n", "no Kubernetes object in it"),
    ],
    ids=["utf-16", "latin-1", "huge", "empty", "comments"],
)
def test_unusable_file(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "given.yaml"
    file.write_bytes(content)
    with pytest.raises(InputProblem) as raised:
        read_files([str(file)])
    assert (raised.value.message, raised.value.position and raised.value.position.file) == (message, str(file))


def test_byte_order_mark_and_windows_lines_are_harmless(tmp_path: Path) -> None:
    file = tmp_path / "given.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + NIMBUS.replace("\n", "\r\n").encode())
    manifests = ManifestSet(read_files([str(file)]).manifests)
    assert [manifest.kind for manifest in manifests] == ["Secret", "Backend", "HTTPRoute", "BackendTLSPolicy"]
    assert manifests.one("Secret").at("stringData", "Authorization").line == KEY_LINE


def test_unreachable_places(tmp_path: Path) -> None:
    loop, empty = tmp_path / "loop.yaml", tmp_path / "empty"
    loop.symlink_to(loop)
    empty.mkdir()
    (empty / "notes.txt").write_text("nothing")
    (empty / "folder.yaml").mkdir()
    for path, message in [
        (loop, "Too many levels of symbolic links"),
        (tmp_path / "missing.yaml", "No such file or directory"),
        (tmp_path / ("x" * 300), "File name too long"),
        (empty, "no Kubernetes object in it"),
    ]:
        with pytest.raises(InputProblem) as raised:
            read_files([str(path)])
        assert message in raised.value.message
        assert str(path) in str(raised.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_file(tmp_path: Path) -> None:
    file = tmp_path / "given.yaml"
    file.write_text(NIMBUS)
    file.chmod(0)
    with pytest.raises(InputProblem, match="Permission denied"):
        read_files([str(file)])


def test_folders_are_read_in_order_and_one_object_may_not_stand_twice(tmp_path: Path) -> None:
    parts = NIMBUS.split("---\n")
    (tmp_path / "b").mkdir()
    for name, part in zip(("a.yaml", "b/c.yml", "b/d.json", "e.yaml"), parts, strict=True):
        (tmp_path / name).write_text(part)
    assert [one.kind for one in read_files([str(tmp_path)]).manifests] == [
        "Secret",
        "Backend",
        "HTTPRoute",
        "BackendTLSPolicy",
    ]
    (tmp_path / "f.yaml").write_text(parts[0])
    with pytest.raises(InputProblem) as raised:
        read_input([str(tmp_path)], environment=None)
    assert str(raised.value) == (
        f"{tmp_path}/f.yaml:4:3: metadata.name: Secret llm/nimbus-key stands twice in the input, first at"
        f" {tmp_path}/a.yaml:4:3 - remove one of them or give it another name"
    )


def test_items_of_a_list_keep_their_places() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: a\n"
    (manifest,) = read_manifests(text, "given.yaml")
    assert (manifest.name, str(manifest.at("metadata", "name"))) == ("a", "given.yaml:7:5")


def test_integers_of_64_bits_are_taken() -> None:
    (document,) = read_documents("a: 18446744073709551615\nb: -9223372036854775808\n", "given.yaml")
    assert list(document.data.values()) == [2**64 - 1, -(2**63)]


@pytest.mark.parametrize("text", [f"0x{'f' * 5000}", "9" * 5000, f"1{':59' * 5000}.5"])
def test_what_is_longer_than_any_number_is_a_text(text: str) -> None:
    (document,) = read_documents(f"a: {text}\n", "given.yaml")
    assert document.data == {"a": text}


def test_scalars_are_what_kubernetes_takes_them_for() -> None:
    text = "a: 2025-05-01\nb: 0x10\nc: .5\nd: no\ne: ~\nf: =\ng: 1_000\nh: 'x'\n"
    (document,) = read_documents(text, "given.yaml")
    assert list(document.data.values()) == ["2025-05-01", 16, 0.5, False, None, "=", 1000, "x"]
    assert dotted(("a", 0, "b")) == "a[0].b"
    with pytest.raises(KeyError):
        type(document)(None, {}).at("a")


def test_a_tab_has_a_remedy() -> None:
    with pytest.raises(InputProblem) as raised:
        read_documents("a:\n\tb: 1\n", "given.yaml")
    assert str(raised.value).startswith("given.yaml:2:1: not valid YAML: ")
    assert raised.value.remedy == "indent by spaces: YAML takes no tab there"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: SecretRef", "knd: SecretRef", "authToken.kind: required, a text - write kind in place of knd"),
        (
            "          kind: SecretRef\n",
            "",
            "authToken.kind: required, a text - write one of SecretRef, Inline, Passthrough",
        ),
        ("  validation:", "  tls:", "spec.validation: required, a mapping - write validation: {hostname: "),
    ],
)
def test_what_is_missing_has_a_remedy(old: str, new: str, said: str) -> None:
    assert old in NIMBUS
    assert said in str(refused(NIMBUS.replace(old, new)))
