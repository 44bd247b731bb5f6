"""What a misspelt Secret holds is hidden as what any other holds, in each text that shows manifests."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.certification.mending.difference import difference
from conformance.certification.mending.secrecy import keys_in, without_keys
from conformance.core.redaction import redact, register_key
from conformance.core.yaml.located import read_documents
from conformance.manifests.input.reading import read_input
from conformance.manifests.secrets import meant_as_secret, register_secrets
from tests.support.nimbus import NIMBUS, edited

VALUE = "postgres-hunter2hunter2"
SECRETS = [
    "{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: {dsn: postgres-hunter2hunter2}}",
    "{apiVersion: v1, kind: secret, metadata: {name: db}, stringData: {dsn: postgres-hunter2hunter2}}",
    "{apiVersion: v1, kind: secret, metadata: {name: db}, data: {dsn: postgres-hunter2hunter2}}",
    "{apiVersion: v1, kind: Secerts, metadata: {name: db}, data: {dsn: postgres-hunter2hunter2}}",
    "{apiversion: v1, kind: Secret, metadata: {name: db}, data: {dsn: postgres-hunter2hunter2}}",
    "{apiVersion: core/v1, kind: Secret, metdata: {name: db}, data: {dsn: postgres-hunter2hunter2}}",
    "{apiVersion: v1, Kind: Secret, metadata: {name: db}, data: {dsn: postgres-hunter2hunter2}}",
    "{metadata: {name: db}, stringdata: {dsn: postgres-hunter2hunter2}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: db}, stringData: {dsn: postgres-hunter2hunter2}}",
    "{apiVersion: v1, kind: Secret, metadata: {name: db}, strData: {dsn: postgres-hunter2hunter2}}",
    "{apiVersion: v1, kind: Secret, metadata: {name: db}, stringData: , dsn: postgres-hunter2hunter2}",
    "{apiVersion: v1, kind: List, items: [{kind: secret, data: {dsn: [postgres-hunter2hunter2]}}]}",
]
NO_SECRETS = [
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: db}, data: {dsn: postgres-hunter2hunter2}}",
    "{kind: SecretRef, secretRef: {name: postgres-hunter2hunter2}}",
    "{group: '', kind: Secret, name: postgres-hunter2hunter2}",
    "{apiVersion: v1, kind: Secret, name: postgres-hunter2hunter2}",
    "{apiVersion: v1, kind: Secret, metadata: {name: postgres-hunter2hunter2}, type: postgres-hunter2hunter2}",
]


@pytest.mark.parametrize("text", SECRETS)
def test_hidden_whatever_is_misspelt(text: str) -> None:
    assert [value for _, _, value in keys_in(text)] == [VALUE]
    (document,) = read_documents(text, "x.yaml")
    assert VALUE not in str(without_keys(document.data))


@pytest.mark.parametrize("text", NO_SECRETS)
def test_what_refers_to_a_secret_hides_nothing(text: str) -> None:
    assert list(keys_in(text)) == []
    (document,) = read_documents(text, "x.yaml")
    assert without_keys(document.data) == document.data


def test_a_former_key_in_a_comment_is_hidden_where_keys_stand() -> None:
    """Of whatever form it is; what a comment says besides stays, and so do those of other objects."""
    secret = "# trg-live-00ff11ee22\nkind: Secret\n# until 2025-09: aa11-bb22-cc33-dd\nstringData: {k: $K}\n"
    other = "---\nkind: Backend # of release-2025-09-30b\n"
    assert [value for _, _, value in keys_in(secret + other)] == ["trg-live-00ff11ee22", "aa11-bb22-cc33-dd"]


@pytest.mark.parametrize("wrong", ["Apiversions: v1", "kindly: none", "apiVersion: [v1]"])
def test_struck_from_both_sides_of_a_change(wrong: str) -> None:
    """Also where the change is what makes a Secret of it: neither side may show what the other one hides."""
    after = f"kind: Secret\nmetadata:\n  name: db\ndata:\n  dsn: {VALUE}\napiVersion: v1\n# {VALUE}\n"
    before = f"kind: Unknown\nmetadata:\n  name: db\ndata:\n  dsn: '{VALUE}'\n{wrong}\n# {VALUE}\n"
    for old, new in ((before, after), (after, before)):
        shown = difference({"x.yaml": old}, {"x.yaml": new})
        assert shown.hidden
        assert VALUE not in shown.text
        assert shown.text.count("not shown") == 3


def test_what_any_secret_holds_is_struck_from_all_output() -> None:
    texts = [
        "{apiVersion: v1, kind: secret, metadata: {name: db}, data: {dsn: c2hhcGUtaW4tYmFzZTY0}}",
        "{kind: Secret, metadata: {name: db}, stringData: {a: shape-in-clear, b: 4711471147, c: api.shape.example}}",
        "{kind: Secret, metadata: {name: db}, stringData: {a: x-eu, b: $SHAPE_VARIABLE}}",
        "kind: Secret\nstringData:\n  pem: |\n    -----BEGIN X-----\n    c2hhcGUgb2YgYSBrZXk9\n",
        "{kind: Backend, spec: {host: api.shape.example}}",
    ]
    register_secrets(document.data for text in texts for document in read_documents(text, "x.yaml"))
    hidden = "shape-in-base64 c2hhcGUtaW4tYmFzZTY0 shape-in-clear 4711471147 c2hhcGUgb2YgYSBrZXk9"
    told = redact(hidden)
    assert not set(told.split()) & set(hidden.split())
    assert "<db-value>" in told
    register_key("shape-key", "shape-in-clear")
    assert redact("shape-in-clear") == "<shape-key>"
    # Too short, a variable that is still to be filled in, a host that stands elsewhere for all to see.
    for shown in ("x-eu", "$SHAPE_VARIABLE", "api.shape.example", "-----BEGIN X-----"):
        assert redact(shown) == shown


def test_what_an_external_secret_calls_a_value_is_a_name() -> None:
    text = "{kind: ExternalSecret, spec: {data: [{secretKey: %s, remoteRef: {key: llm}}]}}"
    key = "q7Zt4wVb9Xc2Mn5Rk8Lp3Hs6"
    register_secrets(one.data for name in ("llm_api_key", key) for one in read_documents(text % name, "e.yaml"))
    assert "llm_api_key" in redact("only llm_api_key is there")
    assert key not in redact(f"only {key} is there")


def test_keys_are_called_after_the_backends_that_send_them(tmp_path: Path) -> None:
    secret, token = "  Authorization: $NIMBUS_API_KEY\n", "          kind: SecretRef\n          secretRef:\n"
    inline = "          kind: Inline\n          inline: tok-cirrus-4711\n"
    (tmp_path / "secret.yaml").write_text(edited((secret, "  Authorization: sk-stratus-1\n  spare: sk-stratus-2\n")))
    (tmp_path / "inline.yaml").write_text(edited((f"{token}            name: nimbus-key\n", inline)))
    for name in ("secret", "inline"):
        read_input([str(tmp_path / f"{name}.yaml")], environment={"NIMBUS_API_KEY": "unread"})
    assert redact("sk-stratus-1 sk-stratus-2 tok-cirrus-4711") == "<nimbus-key> <nimbus-key> <nimbus-key>"


def test_a_variable_that_is_still_to_be_filled_in_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(NIMBUS)
    read_input([str(tmp_path / "all.yaml")], environment=None)
    assert redact("export NIMBUS_API_KEY=... for $NIMBUS_API_KEY") == "export NIMBUS_API_KEY=... for $NIMBUS_API_KEY"


def test_a_mapping_of_anything_may_be_asked_about() -> None:
    assert not meant_as_secret({"kind": ["Secret"], "data": None})
    assert meant_as_secret({"stringData": None})
