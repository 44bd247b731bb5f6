"""How a fix is shown and applied: the diff as tools take it, kubectl's commands, and never a key."""

from __future__ import annotations

import copy
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.certification.mending import Around, Fix, write_fix
from conformance.certification.mending.candidate import Candidate
from conformance.certification.mending.fix import make_fix
from conformance.certification.mending.kubectl import json_patch
from conformance.certification.mending.text.edits import (
    Add,
    Append,
    Drop,
    Edit,
    Move,
    Remove,
    Rename,
    Set,
    Spot,
    apply_edits,
)
from conformance.certification.mending.view import look
from conformance.core.fixtures import fixtures
from conformance.core.located import read_documents
from conformance.core.problems import InputProblem

FILE = "llm/my manifests.yaml"
KEY = "sk-geheim-4711"
DIALECT = "kgateway-2.1"
TEXT = fixtures("manifests", DIALECT, "mistral.yaml").read_text()
SECRET, BACKEND, ROUTE, POLICY = (Spot(FILE, number) for number in range(4))
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": "c\nd\n"}}
HOSTNAME = POLICY.below("spec", "validation", "hostname")
LLM = BACKEND.below("spec", "ai", "llm")


def fix_of(edits: Sequence[Edit], text: str = TEXT, dialect: str = DIALECT) -> Fix:
    before = look({FILE: text}, Around(dialect))
    after = look(apply_edits({FILE: text}, edits), Around(dialect))
    return make_fix(Candidate("t", tuple(edits)), before, after)


CHANGES: Mapping[str, list[Edit]] = {
    "value": [Set(LLM.below("port"), 8443)],
    "field": [Add(LLM.below("pathPrefix"), "/v1")],
    "moved": [Move(LLM.below("host"), LLM.below("openai", "host"))],
    "removed": [Remove(ROUTE.below("spec", "rules", 0, "filters"))],
    "document": [
        Append(FILE, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": "c"}})
    ],
    "document-less": [Drop(POLICY)],
    "first-document-less": [Drop(SECRET)],
    "two-places": [
        Set(LLM.below("host"), "a.example"),
        Set(HOSTNAME, "a.example"),
    ],
}
SHAPES = {
    "as-it-is": TEXT,
    "crlf": TEXT.replace("\n", "\r\n"),
    "without-final-line-break": TEXT.rstrip("\n"),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("tool", [["git", "apply"], ["patch", "-p1", "--binary"]], ids=["git", "patch"])
def test_tools_apply_the_diff(tool: list[str], change: str, shape: str, tmp_path: Path) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"there is no {tool[0]} here")
    fix = fix_of(CHANGES[change], SHAPES[shape])
    file = tmp_path / FILE
    file.parent.mkdir()
    file.write_bytes(SHAPES[shape].encode())
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    subprocess.run(tool, cwd=tmp_path, input=fix.diff.encode(), check=True, capture_output=True, env=environment)
    assert file.read_bytes().decode() == fix.texts[FILE]
    assert not fix.hidden


def test_a_fix_is_written() -> None:
    fix = fix_of(CHANGES["value"])
    assert "-      port: 443\n+      port: 8443\n" in fix.diff
    assert fix.diff.startswith("--- a/llm/my manifests.yaml\t\n+++ b/llm/my manifests.yaml\t\n@@ -23,7 +23,7 @@")


def test_lines_that_end_as_on_windows_are_told() -> None:
    change = CHANGES["value"]
    assert "--ignore-whitespace" in fix_of(change, TEXT.replace("\n", "\r\n")).warning
    assert "--ignore-whitespace" not in fix_of(change).warning


def test_files_are_written_unless_they_were_changed(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes(b"a: 1\r\n")
    before = {str(file): "a: 1\r\n"}
    after = apply_edits(before, [Set(Spot(str(file), 0, ("a",)), 2)])
    around = Around(DIALECT)
    fix = make_fix(Candidate("t", ()), look(before, around), look(after, around))
    assert write_fix(fix, before) == [file]
    assert file.read_bytes() == b"a: 2\r\n"
    with pytest.raises(InputProblem, match="was changed since it was read"):
        write_fix(fix, before)


PATCHED = {name: edits for name, edits in CHANGES.items() if "document" not in name}
PATCHED["empty-mapping"] = [Set(LLM.below("path"), {})]
PATCHED["item"] = [Add(ROUTE.below("spec", "parentRefs", 0, "a/b~c"), 'it\'s "quoted" $HOME')]


@pytest.mark.parametrize("change", PATCHED)
def test_kubectl_makes_the_same_change(change: str, tmp_path: Path) -> None:
    """kubectl itself, without a cluster."""
    fix = fix_of(PATCHED[change])
    wanted = {one["kind"]: one for one in yaml.safe_load_all(fix.texts[FILE])}
    for document in yaml.safe_load_all(TEXT):
        group = document["apiVersion"].rpartition("/")[0]
        resource = ".".join(filter(None, (document["kind"].lower(), group)))
        lines = [words for words in map(shlex.split, fix.patch.splitlines()) if words[2] == resource]
        for words in lines:
            assert words[:6] == ["kubectl", "patch", resource, document["metadata"]["name"], "-n", "kgateway-system"]
            file = tmp_path / "object.json"
            file.write_text(json.dumps(document))
            command = ["kubectl", "patch", "--local", "-f", str(file), "-o", "json", *words[6:]]
            done = subprocess.run(
                command, check=True, capture_output=True, env={**os.environ, "KUBECONFIG": os.devnull}
            )
            assert json.loads(done.stdout) == wanted[document["kind"]]
        assert bool(lines) == (document != wanted[document["kind"]])


@pytest.mark.parametrize(
    ("edits", "command"),
    [
        (
            [Set(LLM.below("port"), 1)],
            "kubectl patch backend.gateway.kgateway.dev mistral -n kgateway-system --type=merge"
            """ -p '{"spec": {"ai": {"llm": {"port": 1}}}}'""",
        ),
        (
            [Set(ROUTE.below("spec", "parentRefs", 0, "name"), "x")],
            "kubectl patch httproute.gateway.networking.k8s.io mistral -n kgateway-system --type=json"
            """ -p '[{"op": "replace", "path": "/spec/parentRefs/0/name", "value": "x"}]'""",
        ),
        ([Drop(POLICY)], "kubectl delete backendtlspolicy.gateway.networking.k8s.io mistral-tls -n kgateway-system"),
        (
            [Set(POLICY.below("metadata", "namespace"), "x")],
            "kubectl delete backendtlspolicy.gateway.networking.k8s.io mistral-tls -n kgateway-system\n"
            "kubectl apply -f - <<'EOF'\napiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\n",
        ),
        (
            [
                Append(
                    FILE, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": "c\nd\n"}}
                )
            ],
            "kubectl apply -f - <<'EOF'\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
            "data:\n  b: |\n    c\n    d\nEOF",
        ),
    ],
)
def test_what_cannot_be_patched_is_applied_or_deleted(edits: list[Edit], command: str) -> None:
    assert fix_of(edits).patch.startswith(command)


def test_of_a_kind_that_no_cluster_has_nothing_is_deleted() -> None:
    misspelt = TEXT.replace("kind: HTTPRoute", "kind: HttpRoute")
    assert fix_of([Set(ROUTE.below("kind"), "HTTPRoute")], misspelt).patch.startswith("kubectl apply")


WITH_KEY = TEXT.replace("$MISTRAL_API_KEY", KEY)
INLINE = TEXT.replace(
    "kind: SecretRef\n          secretRef:\n            name: mistral-secret",
    f"kind: Inline\n          inline: Bearer {KEY}",
)
TOKEN = LLM.below("openai", "authToken", "inline")


@pytest.mark.parametrize(
    ("text", "edits", "patch"),
    [
        pytest.param(
            WITH_KEY,
            [Rename(SECRET.below("stringData", "Authorization"), "key")],
            '{"data": {"Authorization": null}, "stringData": {"key": "<not shown>"}}',
            id="renamed",
        ),
        pytest.param(
            WITH_KEY,
            [Set(SECRET.below("stringData", "Authorization"), f"Bearer {KEY}")],
            '{"stringData": {"Authorization": "<not shown>"}}',
            id="changed",
        ),
        pytest.param(
            WITH_KEY,
            [Rename(SECRET.below("stringData"), "data")],
            '{"data": {"Authorization": "<not shown>"}}',
            id="from-plain-to-base64",
        ),
        pytest.param(
            WITH_KEY.replace("stringData", "data"),
            [Rename(SECRET.below("data"), "stringData")],
            "stringData:\n  Authorization: <not shown>\nEOF",
            id="from-base64-to-plain",
        ),
        pytest.param(
            INLINE,
            [Set(TOKEN, KEY)],
            '{"authToken": {"inline": "<not shown>"}}',
            id="inline",
        ),
        pytest.param(
            INLINE, [Set(TOKEN.parent, {"inline": KEY, "kind": "Inline"})], "<not shown>", id="inline-in-more"
        ),
        pytest.param(
            WITH_KEY,
            [Append(FILE, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"b": KEY}})],
            "b: <not shown>",
            id="new",
        ),
    ],
)
def test_keys_are_never_shown(text: str, edits: list[Edit], patch: str) -> None:
    fix = fix_of(edits, text)
    assert KEY not in fix.diff + fix.patch + fix.warning + repr(fix)
    assert "<not shown" in fix.diff
    assert patch in fix.patch
    assert fix.hidden
    assert "Keys are not shown" in fix.warning
    assert KEY in fix.texts[FILE]


MISPLACED = [
    "        apiKey: sk-1234567890abcdef",
    "        token: geheim-und-lang",
    "        note: Bearer geheim-und-lang",
    "        # Authorization: sk-1234567890abcdef",
    "        headers: [{name: Authorization, value: geheim-und-lang}]",
]


@pytest.mark.parametrize("line", MISPLACED)
def test_keys_are_not_shown_where_they_do_not_belong(line: str) -> None:
    """Neither around a change nor in it."""
    text = TEXT.replace("        authToken:\n", f"{line}\n        authToken:\n")
    fixes = [
        fix_of([Rename(LLM.below("openai"), "x")], text),
        fix_of([Rename(LLM.below("openai", "authToken"), "x")], text),
    ]
    if "#" not in line:
        name = line.split(":")[0].strip()
        fixes.append(fix_of([Remove(LLM.below("openai", name))], text))
        fixes.append(fix_of([Add(BACKEND.below("spec", "moved"), yaml.safe_load(line))], text))
    for fix in fixes:
        assert "geheim" not in fix.diff + fix.patch
        assert "sk-1234" not in fix.diff + fix.patch


def test_names_are_shown() -> None:
    """Also where they begin as keys of a vendor do, or where `key` is the name of one."""
    text = TEXT.replace("mistral-secret", "xai-secret-of-the-team").replace("api.mistral.ai", "sk-proxy.example")
    fix = fix_of([Set(SECRET.below("type"), "x"), Set(LLM.below("port"), 1)], text)
    assert "  name: xai-secret-of-the-team\n" in fix.diff
    assert "      host: sk-proxy.example\n" in fix.diff
    assert not fix.hidden


def test_lines_around_a_change_give_way_to_keys() -> None:
    """One line of context less, and the diff can be applied. The commands apply the whole Secret anew."""
    fix = fix_of([Set(SECRET.below("metadata", "namespace"), "x")], WITH_KEY)
    assert KEY not in fix.diff + fix.patch
    assert not fix.hidden
    assert "@@ -3,5 +3,5 @@" in fix.diff
    assert "Authorization: <not shown>" in fix.patch
    assert fix.warning == "In the commands keys are not shown: put them in place of the placeholders."


NOTED = """\
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"kind":"Secret","stringData":{"Authorization":"geheim-und-lang"}}
  resourceVersion: "4711"
  uid: 0d1f2a3b
"""


def test_what_kubectl_noted_is_neither_shown_nor_applied() -> None:
    """It keeps the keys in an annotation; and an API server refuses to create what has a resourceVersion."""
    fix = fix_of([Set(SECRET.below("metadata", "namespace"), "x")], TEXT.replace("metadata:\n", NOTED, 1))
    assert "geheim" not in fix.diff + fix.patch
    assert not fix.hidden
    assert "@@ -7,7 +7,7 @@" in fix.diff
    assert fix.patch.endswith(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: mistral-secret\n  namespace: x\ntype: Opaque\n"
        "stringData:\n  Authorization: $MISTRAL_API_KEY\nEOF"
    )


def test_a_change_right_beside_what_kubectl_noted() -> None:
    fix = fix_of([Set(SECRET.below("metadata", "resourceVersion"), "x")], TEXT.replace("metadata:\n", NOTED, 1))
    assert "geheim" not in fix.diff + fix.patch
    assert fix.patch.endswith("""-p '{"metadata": {"resourceVersion": "x"}}'""")
    assert fix.hidden


def test_a_key_right_beside_a_change_is_hidden() -> None:
    text = WITH_KEY.replace("type: Opaque\n", "").replace(KEY, f"{KEY}\ntype: y")
    fix = fix_of([Set(SECRET.below("type"), "x")], text)
    assert KEY not in fix.diff
    assert fix.hidden


@pytest.mark.parametrize(
    ("old", "new", "operations"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, [("replace", "/a", True)]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, [("remove", "/a/b", None), ("add", "/a/c", 1)]),
        ([1, 2], [1, 3], [("replace", "/1", 3)]),
        ([1], [1, 2, 3], [("add", "/-", 2), ("add", "/-", 3)]),
        ({"a": [1, 2]}, {"a": [2]}, [("replace", "/a", [2])]),
        ({}, {"a/b~c": 1}, [("add", "/a~1b~0c", 1)]),
    ],
)
def test_json_patch(old: Any, new: Any, operations: list[tuple[str, str, Any]]) -> None:
    assert [(one["op"], one["path"], one.get("value")) for one in json_patch(old, new)] == operations


def test_what_was_refused_is_applied_as_a_whole() -> None:
    """There is nothing that could be patched: the API endpoint has never taken it."""
    fix = fix_of([Set(LLM.below("port"), 443)], TEXT.replace("port: 443", "port: 443443"))
    assert fix.patch.startswith(
        "kubectl apply -f - <<'EOF'\napiVersion: gateway.kgateway.dev/v1alpha1\nkind: Backend\n"
    )


def test_what_was_pruned_is_taken_away_without_complaint(tmp_path: Path) -> None:
    """Fields in a wrong place are in the person's file, but not in the cluster."""
    edits = [Move(LLM.below("openai", "host"), LLM.below("host")), Move(LLM.below("openai", "port"), LLM.below("port"))]
    here = "      host: api.mistral.ai\n      port: 443\n"
    fix = fix_of(edits, TEXT.replace(here, "".join(f"  {line}\n" for line in here.splitlines())))
    wanted = list(yaml.safe_load_all(TEXT))[1]
    stored = copy.deepcopy(wanted)
    del stored["spec"]["ai"]["llm"]["host"], stored["spec"]["ai"]["llm"]["port"]
    (tmp_path / "object.json").write_text(json.dumps(stored))
    command = ["kubectl", "patch", "--local", "-f", str(tmp_path / "object.json"), "-o", "json"]
    environment = {**os.environ, "KUBECONFIG": os.devnull}
    done = subprocess.run([*command, *shlex.split(fix.patch)[6:]], check=True, capture_output=True, env=environment)
    assert json.loads(done.stdout) == wanted


def test_what_is_dropped_leaves_the_others() -> None:
    kinds = [one.data["kind"] for one in read_documents(TEXT, FILE)]
    for number in range(len(kinds)):
        text = apply_edits({FILE: TEXT}, [Drop(Spot(FILE, number))])[FILE]
        assert [one.data["kind"] for one in read_documents(text, FILE)] == kinds[:number] + kinds[number + 1 :]
        assert "---\n---" not in text
        assert not text.startswith("---")
        assert not text.endswith("---\n")
