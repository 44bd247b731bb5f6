"""How a fix is shown and applied: the diff as tools take it, kubectl's commands, and never a key."""

from __future__ import annotations

import copy
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.certification.mending import Around, write_fix
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
    Set,
    Spot,
    apply_edits,
)
from conformance.certification.mending.view import look
from conformance.core.problems import InputProblem
from conformance.core.yaml.located import read_documents
from tests.support.fixes import DIALECT, FILE, HOSTNAME, LLM, POLICY, ROUTE, SECRET, TEXT, fix_of

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
