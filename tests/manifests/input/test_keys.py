"""Where the keys come from: Secrets that are there, made up ones, and variables of the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.problems import InputProblem
from conformance.core.redaction import redact
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.secrets import secret_value
from conformance.stage.scenario.profile import given_profiles
from tests.support.inputs import BACKEND, POLICY, ROUTE, SECRET, reads
from tests.support.nimbus import NIMBUS, edited


def test_absent_secret_gets_a_made_up_key_that_no_output_shows(tmp_path: Path) -> None:
    given = reads(tmp_path, BACKEND, ROUTE, POLICY)
    (one,) = given.made_up
    assert (str(one.secret), one.keys) == ("Secret llm/nimbus-key", ("Authorization",))
    assert str(one).startswith(f"{tmp_path}/given.yaml:14:13: the key in Secret llm/nimbus-key is made up; --secret")
    key = secret_value(given.manifests.one("Secret").data, "Authorization")
    assert key is not None
    assert key not in redact(f"it is {key}")
    (profile,) = given_profiles(given.manifests, given.dialect)
    assert {manifest.kind for manifest in profile.manifests} == {"Secret", "Backend", "HTTPRoute", "BackendTLSPolicy"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  name: nimbus-key\n  namespace: llm", "  name: nimbus-keys\n  namespace: llm"),
        ("  name: nimbus-key\n  namespace: llm", "  name: nimbus-key\n  namespace: other"),
        ("  name: nimbus-key\n  namespace: llm", "  name: credentials\n  namespace: llm"),
    ],
    ids=["name", "namespace", "other name"],
)
def test_a_misspelt_secret_is_not_made_up(tmp_path: Path, old: str, new: str) -> None:
    given = reads(tmp_path, edited((old, new)))
    assert given.made_up == ()
    assert given.manifests.one("Secret").written("metadata", "name") in ("nimbus-keys", "nimbus-key", "credentials")


@pytest.mark.parametrize("text", [NIMBUS, f"{BACKEND}---\n{ROUTE}"], ids=["there", "absent"])
@pytest.mark.parametrize("name", ["nimbus-key", "llm/nimbus-key"])
def test_key_from_a_variable(tmp_path: Path, text: str, name: str) -> None:
    given = reads(tmp_path, text, secrets={name: "MY_KEY"}, environment={"MY_KEY": "sk-private-4711"})
    assert secret_value(given.manifests.one("Secret").data, "Authorization") == "sk-private-4711"
    assert given.made_up == ()
    assert "sk-private-4711" not in redact("it is sk-private-4711")


def test_key_from_a_variable_takes_the_place_of_data(tmp_path: Path) -> None:
    text = edited(("stringData:\n  Authorization: $NIMBUS_API_KEY", "data: {Authorization: '#', other: YQ==}"))
    given = reads(tmp_path, text, secrets={"nimbus-key": "MY_KEY"}, environment={"MY_KEY": "sk-private-4711"})
    secret = given.manifests.one("Secret").data
    assert (secret["data"], secret["stringData"]) == ({"other": "YQ=="}, {"Authorization": "sk-private-4711"})


def test_a_variable_does_not_hide_a_wrong_key_name(tmp_path: Path) -> None:
    text = edited(("  Authorization:", "  api-key:"))
    given = reads(tmp_path, text, secrets={"nimbus-key": "NIMBUS_API_KEY"})
    with pytest.raises(InputProblem, match="the Secret has only api-key"):
        given_profiles(given.manifests, DIALECTS[0])


@pytest.mark.parametrize(
    ("secrets", "message"),
    [
        ({"nobody": "NIMBUS_API_KEY"}, "--secret nobody: the manifests have no Secret of that name - they refer"),
        ({"other/nimbus-key": "NIMBUS_API_KEY"}, "no Secret of that name"),
        ({"nimbus-key": "UNSET_KEY"}, "the variable UNSET_KEY has no value - write --secret NAME=VARIABLE"),
        ({"nimbus-key": "sk-abc-123"}, "--secret nimbus-key=...: what stands there is no name of a variable"),
        ({"nimbus-key": "skabc123"}, "the variable of that name has no value"),
        ({"nimbus-key": ""}, "no name of a variable"),
    ],
)  # fmt: skip
def test_secret_option_mistakes_never_show_what_may_be_a_key(
    tmp_path: Path, secrets: dict[str, str], message: str
) -> None:
    with pytest.raises(InputProblem) as raised:
        reads(tmp_path, NIMBUS, secrets=secrets)
    assert message in str(raised.value)
    assert "skabc123" not in str(raised.value)
    assert "sk-abc" not in str(raised.value)


def test_ambiguous_secret_names_both(tmp_path: Path) -> None:
    other = BACKEND.replace("namespace: llm", "namespace: two")
    with pytest.raises(InputProblem, match="name one of llm/nimbus-key, two/nimbus-key"):
        reads(tmp_path, BACKEND, other, secrets={"nimbus-key": "NIMBUS_API_KEY"})


def test_only_secrets_that_matter_need_their_variables(tmp_path: Path) -> None:
    other = SECRET.replace("nimbus-key", "unused").replace("$NIMBUS_API_KEY", "$NOT_SET")
    assert len(reads(tmp_path, NIMBUS, other).left_out) == 1
    with pytest.raises(InputProblem, match="or name another variable: --secret nimbus-key=VARIABLE"):
        reads(tmp_path, NIMBUS, environment={})
