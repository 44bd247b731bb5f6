"""No fix shows a key, wherever it stands, and what kubectl noted is left alone."""

from __future__ import annotations

import pytest
import yaml

from conformance.certification.mending.text.edits import (
    Add,
    Append,
    Edit,
    Remove,
    Rename,
    Set,
)
from tests.support.fixes import BACKEND, FILE, KEY, LLM, SECRET, TEXT, fix_of

WITH_KEY = TEXT.replace("$MISTRAL_API_KEY", KEY)
INLINE = TEXT.replace(
    "kind: SecretRef\n          secretRef:\n            name: mistral-secret",
    f"kind: Inline\n          inline: Bearer {KEY}",
)
BY_HAND = (
    "# Secret kgateway-system/mistral-secret holds a key, which is not shown: apply it by hand, with the key in it"
)
TOKEN = LLM.below("openai", "authToken", "inline")


@pytest.mark.parametrize(
    ("text", "edits", "patch"),
    [
        pytest.param(
            WITH_KEY,
            [Rename(SECRET.below("stringData", "Authorization"), "key")],
            BY_HAND,
            id="renamed",
        ),
        pytest.param(
            WITH_KEY,
            [Set(SECRET.below("stringData", "Authorization"), f"Bearer {KEY}")],
            BY_HAND,
            id="changed",
        ),
        pytest.param(
            WITH_KEY,
            [Rename(SECRET.below("stringData"), "data")],
            BY_HAND,
            id="from-plain-to-base64",
        ),
        pytest.param(
            WITH_KEY.replace("stringData", "data"),
            [Rename(SECRET.below("data"), "stringData")],
            BY_HAND,
            id="from-base64-to-plain",
        ),
        pytest.param(
            INLINE,
            [Set(TOKEN, KEY)],
            "# Backend kgateway-system/mistral holds a key",
            id="inline",
        ),
        pytest.param(INLINE, [Set(TOKEN.parent, {"inline": KEY, "kind": "Inline"})], "# Backend ", id="inline-in-more"),
        pytest.param(
            WITH_KEY,
            [Append(FILE, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"b": KEY}})],
            "# Secret default/a holds a key",
            id="new",
        ),
    ],
)
def test_keys_are_never_shown(text: str, edits: list[Edit], patch: str) -> None:
    fix = fix_of(edits, text)
    assert KEY not in fix.diff + fix.patch + fix.warning + repr(fix)
    assert "<not shown" in fix.diff
    assert patch in fix.patch
    # A command that stores what stands for a key would destroy the key.
    assert "<not shown" not in fix.patch
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
    """One line of context less, and the diff can be applied. No command deletes a key that it cannot make anew."""
    fix = fix_of([Set(SECRET.below("metadata", "namespace"), "x")], WITH_KEY)
    assert KEY not in fix.diff + fix.patch
    assert not fix.hidden
    assert "@@ -3,5 +3,5 @@" in fix.diff
    assert fix.patch == BY_HAND.replace("kgateway-system", "x")
    assert fix.warning == "Where a command would hold a key, none is shown: make that change by hand."


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
    text = TEXT.replace("kind: Backend\nmetadata:\n", f"kind: Backend\n{NOTED}", 1)
    fix = fix_of([Set(BACKEND.below("metadata", "namespace"), "x")], text)
    assert "geheim" not in fix.diff + fix.patch
    assert not fix.hidden
    assert "kind: Backend\nmetadata:\n  name: mistral\n  namespace: x\nspec:\n" in fix.patch


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
