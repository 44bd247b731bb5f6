"""Edits of manifests as text: what is asked for changes, and not one character more."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.certification.mending.text.edits import (
    Add,
    AddItem,
    Append,
    Edit,
    Move,
    Remove,
    Rename,
    Set,
    Spot,
    Unmendable,
    apply_edits,
)
from conformance.certification.mending.text.tree import Tree
from conformance.core.fixtures import fixtures
from conformance.core.yaml.located import FieldPath, read_documents
from tests.support.nightly import share

FILE = "m.yaml"
ROOT = Spot(FILE, 0)

BLOCK = """\
# about the Backend
kind: Backend # of kgateway
metadata: {name: nimbus, labels: {}}
spec:
  ai:
    llm:
      openai:
        model: 'one'   # the model
        # where it is
        host: "api.nimbus.example"
        port: 443
      path:
        full: /v1
  list:
  - name: a
    kind: b
  - name: c
# the end
"""
LLM = ROOT.below("spec", "ai", "llm")


def edited(text: str, *edits: Edit) -> str:
    return apply_edits({FILE: text}, edits)[FILE]


@pytest.mark.parametrize(
    ("edits", "old", "new"),
    [
        pytest.param([Set(LLM.below("path", "full"), "/v2")], "full: /v1", "full: /v2", id="plain"),
        pytest.param([Set(LLM.below("openai", "model"), "t'wo")], "'one'   #", "'t''wo'   #", id="single-quoted"),
        pytest.param([Set(LLM.below("openai", "host"), "a b")], '"api.nimbus.example"', '"a b"', id="double-quoted"),
        pytest.param([Set(LLM.below("path", "full"), "no")], "full: /v1", 'full: "no"', id="would-be-a-boolean"),
        pytest.param([Set(LLM.below("path", "full"), "a: b # c")], "full: /v1", 'full: "a: b # c"', id="needs-quotes"),
        pytest.param([Set(ROOT.below("metadata", "name"), "a, b")], "name: nimbus", 'name: "a, b"', id="in-brackets"),
        pytest.param([Set(LLM.below("openai", "port"), "443")], "port: 443", 'port: "443"', id="text-of-digits"),
        pytest.param([Set(LLM.below("path"), "/v2")], "path:\n        full: /v1", "path: /v2", id="mapping-to-text"),
        pytest.param([Set(LLM.below("path"), {})], "path:\n        full: /v1", "path: {}", id="emptied"),
        pytest.param(
            [Set(LLM.below("path", "full"), {"a": [1]})],
            "full: /v1",
            "full:\n          a:\n          - 1",
            id="text-to-mapping",
        ),
        pytest.param([Set(ROOT.below("spec", "list", 1), "x")], "- name: c", "- x", id="item"),
        pytest.param([Set(ROOT.below("spec", "list", 1), {"x": 1, "z": 2})], "- name: c", "- x: 1\n    z: 2", id="to"),
        pytest.param([Rename(LLM.below("openai"), "azure")], "openai:", "azure:", id="key"),
        pytest.param([Rename(ROOT.below("metadata", "name"), "nam")], "{name:", "{nam:", id="key-in-brackets"),
        pytest.param([Remove(LLM.below("openai", "model"))], "        model: 'one'   # the model\n", "", id="first"),
        pytest.param([Remove(LLM.below("openai", "port"))], "        port: 443\n", "", id="last"),
        pytest.param([Remove(LLM.below("path", "full"))], "path:\n        full: /v1", "path: {}", id="only"),
        pytest.param(
            [Remove(LLM.below("path", "full"), prune=True)], "      path:\n        full: /v1\n", "", id="only-pruned"
        ),
        pytest.param([Remove(ROOT.below("metadata", "name"))], "name: nimbus, ", "", id="first-in-brackets"),
        pytest.param([Remove(ROOT.below("metadata", "labels"))], ", labels: {}", "", id="last-in-brackets"),
        pytest.param([Remove(ROOT.below("spec", "list", 0, "name"))], "name: a\n    ", "", id="behind-the-dash"),
        pytest.param([Remove(ROOT.below("spec", "list", 0))], "  - name: a\n    kind: b\n", "", id="first-item"),
        pytest.param([Remove(ROOT.below("spec", "list", 1))], "  - name: c\n", "", id="last-item"),
        pytest.param(
            [Add(LLM.below("openai", "more"), {"a": {"b": "yes"}, "c": []})],
            "        port: 443\n",
            '        port: 443\n        more:\n          a:\n            b: "yes"\n          c: []\n',
            id="field-at-the-end",
        ),
        pytest.param(
            [Add(LLM.below("openai", "port2"), 1, after="model")],
            "# the model\n",
            "# the model\n        port2: 1\n",
            id="field-behind",
        ),
        pytest.param([Add(ROOT.below("metadata", "x"), {"a": 1})], "{}}", "{}, x: {a: 1}}", id="field-in-brackets"),
        pytest.param(
            [Add(ROOT.below("metadata", "labels", "x"), "y")], "{}}", '{x: "y"}}', id="field-in-empty-brackets"
        ),
        pytest.param(
            [AddItem(ROOT.below("spec", "list"), {"name": "d", "e": "f"})],
            "- name: c\n",
            "- name: c\n  - name: d\n    e: f\n",
            id="item-at-the-end",
        ),
        pytest.param(
            [
                Move(LLM.below("openai", "host"), LLM.below("host"), after="openai"),
                Move(LLM.below("openai", "port"), LLM.below("port"), after="host"),
            ],
            '        host: "api.nimbus.example"\n        port: 443\n',
            '      host: "api.nimbus.example"\n      port: 443\n',
            id="moved-up",
        ),
        pytest.param(
            [Move(LLM.below("path"), LLM.below("openai", "path"), after="model")],
            "# the model\n",
            "# the model\n        path:\n          full: /v1\n",
            id="moved-down",
        ),
        pytest.param(
            [Append(FILE, {"kind": "Policy", "spec": {"refs": [{"name": "x"}]}})],
            "# the end\n",
            "# the end\n---\nkind: Policy\nspec:\n  refs:\n  - name: x\n",
            id="document",
        ),
    ],
)
def test_only_what_is_meant_changes(edits: list[Edit], old: str, new: str) -> None:
    assert BLOCK.count(old) == 1
    expected = BLOCK.replace(old, new)
    if isinstance(edits[0], Move) and edits[0].spot.path[-1] == "path":
        expected = expected.replace("      path:\n        full: /v1\n  list", "  list")
    assert edited(BLOCK, *edits) == expected
    crlf = BLOCK.replace("\n", "\r\n")
    assert edited(crlf, *edits) == expected.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "edits", "wanted"),
    [
        pytest.param("a: 1", [Add(ROOT.below("b"), 2)], "a: 1\nb: 2", id="added-without-line-break"),
        pytest.param("a: 1\nb: 2", [Remove(ROOT.below("b"))], "a: 1", id="removed-without-line-break"),
        pytest.param("a: 1", [Append(FILE, {"b": 2})], "a: 1\n---\nb: 2\n", id="document-without-line-break"),
        pytest.param("", [Append(FILE, {"b": 2})], "b: 2\n", id="new-file"),
        pytest.param("a:\nb: 2\n", [Set(ROOT.below("a"), "x")], "a: x\nb: 2\n", id="value-for-none"),
        pytest.param("a: # here\nb: 2\n", [Set(ROOT.below("a"), "x")], "a: x # here\nb: 2\n", id="none-with-comment"),
        pytest.param("a:\nb: 2\n", [Add(ROOT.below("a", "c"), 1)], "a:\n  c: 1\nb: 2\n", id="field-for-none"),
        pytest.param("- a: 1\n  # c\n  b: 2\n", [Remove(ROOT.below(0, "a"))], "- # c\n  b: 2\n", id="comment-kept"),
        pytest.param("a: |\n  x\n\nb: 2\n", [Set(ROOT.below("a"), "z")], "a: z\n\nb: 2\n", id="block-scalar"),
        pytest.param(
            "a: {}\n", [Set(ROOT.below("a"), {"pem": "x\ny\n"})], "a:\n  pem: |\n    x\n    y\n", id="lines-of-text"
        ),
        pytest.param(
            "a:\n    b:\n        - c: 1\n",
            [Add(ROOT.below("a", "d"), {"e": [{"f": 1}]})],
            "a:\n    b:\n        - c: 1\n    d:\n        e:\n            - f: 1\n",
            id="indented-by-four",
        ),
        pytest.param("# only\n---\na: 1\n---\nb: 1\n", [Set(Spot(FILE, 1, ("b",)), 2)], None, id="second-document"),
    ],
)
def test_shapes_of_text(text: str, edits: list[Edit], wanted: str | None) -> None:
    assert edited(text, *edits) == (wanted or text.replace("b: 1", "b: 2"))


JSON = """\
{
  "kind": "List",
  "items": [
    {
      "kind": "Secret",
      "type": "Opaque"
    },
    {"kind": "Backend"}
  ]
}
"""


@pytest.mark.parametrize(
    ("edits", "old", "new"),
    [
        ([Set(ROOT.below("items", 0, "type"), "x y")], '"Opaque"', '"x y"'),
        ([Remove(ROOT.below("items", 0, "type"))], ',\n      "type": "Opaque"', ""),
        ([Remove(ROOT.below("items", 0, "kind"))], '"kind": "Secret",\n      ', ""),
        ([Add(ROOT.below("items", 0, "a"), {"b": ["c"]})], '"Opaque"', '"Opaque",\n      "a": {"b": ["c"]}'),
        ([Add(ROOT.below("items", 1, "a"), 1)], '"Backend"', '"Backend", "a": 1'),
        ([AddItem(ROOT.below("items"), {"a": 1})], '{"kind": "Backend"}', '{"kind": "Backend"},\n    {"a": 1}'),
        ([Rename(ROOT.below("items", 1, "kind"), "King")], '"kind": "Backend"', '"King": "Backend"'),
    ],
)
def test_json_stays_json(edits: list[Edit], old: str, new: str) -> None:
    assert JSON.count(old) == 1
    changed = edited(JSON, *edits)
    assert changed == JSON.replace(old, new)
    json.loads(changed)


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        pytest.param("a: 1\n", Set(ROOT.below("b"), 1), id="no-such-field"),
        pytest.param("a: 1\nb: 2\n", Rename(ROOT.below("a"), "b"), id="name-taken"),
        pytest.param("a: 1\n", Add(ROOT.below("a"), 2), id="there-already"),
        pytest.param("a: 1\n", Add(ROOT.below("a", "b"), 2), id="below-a-scalar"),
        pytest.param("a: &x {c: 1}\nb: *x\n", Set(ROOT.below("b", "c"), 2), id="an-alias-would-change-both"),
        pytest.param("a: 1\n", Set(Spot(FILE, 3, ("a",)), 1), id="no-such-document"),
        pytest.param("a: 1\n", AddItem(ROOT.below("a"), 1), id="no-sequence"),
    ],
)
def test_what_does_not_fit_is_dropped(text: str, edit: Edit) -> None:
    with pytest.raises(Unmendable):
        edited(text, edit)


def fields(data: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from fields(value, (*path, key))


def commented(text: str) -> str:
    return "".join(f"{line}\n" if line == "---" else f"# c{n}\n{line}\n" for n, line in enumerate(text.splitlines()))


def shapes() -> Iterator[Any]:
    number = itertools.count()
    files = sorted(Path(fixtures("manifests")).glob("*/*.yaml"))
    others = share((one for one in files if one.stem != "mistral"), 0, 4)
    for file in (*others, *(one for one in files if one.stem == "mistral")):
        text = file.read_text()
        data = [one.data for one in read_documents(text, FILE)]
        listed = {"apiVersion": "v1", "kind": "List", "items": data}
        name = f"{file.parent.name}-{file.stem}"
        yield pytest.param(next(number), text, id=name)
        if file.stem == "mistral":
            yield pytest.param(next(number), commented(text), id=f"{name}-commented")
            yield pytest.param(next(number), text.rstrip("\n"), id=f"{name}-without-final-newline")
            yield pytest.param(next(number), text.replace("\n", "\r\n"), id=f"{name}-crlf")
            yield pytest.param(next(number), json.dumps(listed, indent=2), id=f"{name}-json")
            yield pytest.param(next(number), json.dumps(listed), id=f"{name}-one-line")


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "text"), [*shapes()])
def test_every_field_of_real_manifests(shape: int, text: str) -> None:
    """Each is set, removed and added to; `apply_edits` proves the data, this test that no other line was touched.

    By day a third of the fields is in a shape: another third in the next one.
    """
    lines = text.splitlines()
    for number, document in enumerate(read_documents(text, FILE)):
        for path in share(fields(document.data), shape, 3):
            spot = Spot(FILE, number, path)
            changed = edited(text, Set(spot, "changed")).splitlines()
            removed = edited(text, Remove(spot)).splitlines()
            if isinstance(path[-1], str):
                added = edited(text, Add(spot.parent.below("fresh"), 1, after=path[-1])).splitlines()
                # In JSON the line before may get a comma.
                assert len([one for one in added if one not in lines]) <= (2 if text.startswith("{") else 1)
            if not isinstance(Tree(text).node(number, path), yaml.CollectionNode):
                assert len([one for one in lines if one not in changed]) <= 1
                assert len(changed) == len(lines)
                # The comment above the only field of a mapping goes with it.
                lost = [one for one in lines if "#" in one and one not in "\n".join(removed)]
                assert len(lost) <= (len(Tree(text).entry(number, path).parent.value) == 1)
