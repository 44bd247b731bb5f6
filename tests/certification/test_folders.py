"""What of a folder belongs to the input, for reading it, for the search for a fix, and with a misspelt Secret in it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import yaml

from conformance.core.problems import InputProblem
from conformance.manifests.input.reading import read_input
from tests.support.nimbus import KEY, NIMBUS, command, edited

Capture = pytest.CaptureFixture[str]

SECRET, *OTHERS = NIMBUS.split("---\n")
WITHOUT_POLICY = NIMBUS.rpartition("---\n")[0]
TWICE = edited(("      port: 8443\n", "      port: 8443\n      port: 8443\n"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the test runs."""
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_beside_a_mistake_do_not_upset_the_search(folder: Path, capsys: Capture) -> None:
    (folder / "a.yaml").write_text(TWICE)
    (folder / "b.yaml").write_bytes("kind: Größe\n".encode("latin-1"))
    for hidden in (".git", ".venv"):
        (folder / hidden).mkdir()
        (folder / hidden / "c.yaml").write_text(NIMBUS.replace("8443", "x"))
        (folder / hidden / "d.yaml").write_bytes(b"apiVersion: \xff")
    code, printed = command(capsys, "certify", ".")
    assert code == 2
    assert "agw-conformance: a.yaml:30:7: spec.ai.llm.port: the key stands twice" in printed
    assert "b.yaml" not in printed
    assert "c.yaml" not in printed


@pytest.mark.slow
def test_an_object_that_lacks_a_field_is_mended_beside_files_of_others(folder: Path, capsys: Capture) -> None:
    (folder / "a.yaml").write_text(edited(("kind: Backend\nmetadata", "kind: backend\nmetadata")) + "---\nfoo: bar\n")
    (folder / "b.yaml").write_bytes("kind: Größe\n".encode("latin-1"))
    code, printed = command(capsys, "certify", ".")
    assert code == 2
    assert "a.yaml:11:1: kind: gateway.kgateway.dev has no kind backend - write kind: Backend" in printed
    assert "-kind: backend\n+kind: Backend\n" in printed


@pytest.mark.slow
def test_candidates_are_read_as_the_input_was(folder: Path, capsys: Capture) -> None:
    (folder / "nimbus.yaml").write_text(f"{WITHOUT_POLICY}---\nfoo: bar\n")
    (folder / "values.yaml").write_text("replicas: 1\n")
    code, printed = command(capsys, "certify", ".")
    assert code == 1
    assert "+kind: BackendTLSPolicy\n" in printed
    assert "--- a/nimbus.yaml\n" in printed


@pytest.mark.slow
def test_a_fix_may_be_a_file_of_its_own(folder: Path, capsys: Capture) -> None:
    """JSON has no second document."""
    for number, document in enumerate(yaml.safe_load_all(WITHOUT_POLICY)):
        (folder / f"{number}.json").write_text(json.dumps(document))
    code, printed = command(capsys, "certify", ".")
    assert code == 1
    assert "--- /dev/null\n+++ b/1.json-more.yaml\n" in printed
    assert "+kind: BackendTLSPolicy\n" in printed


@pytest.mark.slow
def test_a_fix_of_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(WITHOUT_POLICY.encode())))
    code, printed = command(capsys, "certify", "-")
    assert code == 1
    assert "+kind: BackendTLSPolicy\n" in printed


@pytest.mark.slow
def test_what_cannot_be_read_again_is_no_fault_of_the_manifests(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def refuse(*given: object) -> None:
        raise InputProblem("cannot be read: for a reason of the test")

    monkeypatch.setattr("conformance.certification.fixing.given_again", refuse)
    (folder / "nimbus.yaml").write_text(WITHOUT_POLICY)
    code, printed = command(capsys, "certify", "nimbus.yaml")
    assert code == 1
    said = " ".join(printed.split())
    assert (
        "not sought, by a fault of agw-conformance: what was read cannot be read again: cannot be read: for a" in said
    )
    assert "no single change helps" not in printed


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: Secret", "kind: secret", "2:1: kind: the core group has no kind secret - write kind: Secret"),
        ("kind: Secret", "kind: Secrets", "2:1: kind: the core group has no kind Secrets - write kind: Secret"),
        ("apiVersion: v1", "apiVersion: core/v1", "1:1: apiVersion: a Secret is of v1, not of core/v1"),
        ("apiVersion: v1", "apiVersion: secrets.example/v1", "1:1: apiVersion: a Secret is of v1, not of secrets.ex"),
        ("metadata:", "metdata:", "1:1: metadata: required, a mapping"),
        ("kind: Secret\n", "", "1:1: kind: required, a text"),
        ("apiVersion: v1\n", "", "1:1: apiVersion: required, a text"),
    ],
)
@pytest.mark.parametrize("given", [".", "secret.yaml"])
def test_no_key_is_made_up_for_a_misspelt_secret(given: str, old: str, new: str, message: str, folder: Path) -> None:
    assert old in SECRET
    (folder / "secret.yaml").write_text(SECRET.replace(old, new))
    (folder / "others.yaml").write_text("---\n".join(OTHERS))
    with pytest.raises(InputProblem) as caught:
        read_input(dict.fromkeys([given, "others.yaml"]), environment={"NIMBUS_API_KEY": KEY})
    assert str(caught.value).startswith(f"secret.yaml:{message}")


@pytest.mark.parametrize("old", ["HTTPRoute", "BackendTLSPolicy"])
def test_other_kinds_in_other_capitals(old: str, folder: Path) -> None:
    (folder / "nimbus.yaml").write_text(edited((f"kind: {old}", f"kind: {old.lower()}")))
    with pytest.raises(InputProblem, match=f"has no kind {old.lower()} - write kind: {old}$"):
        read_input(["."], environment={"NIMBUS_API_KEY": KEY})


@pytest.mark.parametrize(
    "text",
    [
        "{apiVersion: secretsmanager.aws.upbound.io/v1beta1, kind: Secret, metadata: {name: x}, spec: {data: {}}}",
        "{apiVersion: isindir.github.com/v1, kind: SopsSecret, metadata: {name: x}, stringData: {a: b}}",
        "{apiVersion: kms.example/v1, kind: KMSSecret, metadata: {name: x}, data: {a: b}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: b}}",
        "{stringData: {a: b}}",
    ],
)
def test_what_is_called_much_like_a_secret_is_left_out(text: str, folder: Path) -> None:
    (folder / "nimbus.yaml").write_text(f"{NIMBUS}---\n{text}\n")
    given = read_input(["."], environment={"NIMBUS_API_KEY": KEY})
    assert len(given.left_out) == 1
    assert not given.made_up
