"""The Indexed Job in deploy/: its pods are the shards of one run, and may do nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from conformance.cli import options
from conformance.core.problems import InputProblem
from conformance.stage.arrangement.shards import Shard
from tests.support.paths import ROOT

DEPLOY = ROOT / "deploy"


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    return found


JOB = read("base/job.yaml")["spec"]
(CONTAINER,) = JOB["template"]["spec"]["containers"]
PODS = [JOB["template"]["spec"], read("merge.yaml")["spec"]["template"]["spec"], read("reader.yaml")["spec"]]


def test_its_pods_are_the_shards_of_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    (given,) = [one.removeprefix("--shard=") for one in CONTAINER["args"] if one.startswith("--shard=")]
    for index in range(JOB["completions"]):
        monkeypatch.setenv("JOB_COMPLETION_INDEX", str(index))
        assert options._shard(given, None) == Shard(index + 1, JOB["completions"])
    # One pod's failure is part of the result: the others go on, and nobody tries again.
    assert JOB["completionMode"] == "Indexed"
    assert (JOB["backoffLimitPerIndex"], JOB["maxFailedIndexes"]) == (0, JOB["completions"])


@pytest.mark.parametrize(
    ("index", "said"),
    [(None, "it is not set"), ("", "it is not set"), ("-1", "'-1' is no number"), ("٣", "'٣' is no number")],
)
def test_outside_of_a_job_there_is_no_such_number(
    index: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOB_COMPLETION_INDEX", raising=False)
    if index is not None:
        monkeypatch.setenv("JOB_COMPLETION_INDEX", index)
    with pytest.raises(InputProblem, match=f"--shard job/4: the pod's number is in JOB_COMPLETION_INDEX, and {said}"):
        options._shard("job/4", None)


def test_every_shard_is_merged() -> None:
    (merging,) = PODS[1]["containers"]
    (report,) = [one.removeprefix("--report=") for one in CONTAINER["args"] if one.startswith("--report=")]
    shards = [report.replace("$(JOB_COMPLETION_INDEX)", str(index)) for index in range(JOB["completions"])]
    assert merging["args"] == ["report", "merge", *shards, "--into=/reports/merged"]


@pytest.mark.parametrize("pod", PODS, ids=["shard", "merge", "reader"])
def test_its_pods_are_restricted_and_have_no_rights(pod: dict[str, Any]) -> None:
    """As Pod Security's level "restricted" wants it, which the namespace enforces."""
    (container,) = pod["containers"]
    security = container["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (security["allowPrivilegeEscalation"], security["capabilities"]) == (False, {"drop": ["ALL"]})
    assert (security["readOnlyRootFilesystem"], pod["automountServiceAccountToken"]) == (True, False)
    namespace = read("base/namespace.yaml")["metadata"]
    assert namespace["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert {read("merge.yaml")["metadata"]["namespace"], read("reader.yaml")["metadata"]["namespace"]} == {
        namespace["name"],
        read("base/kustomization.yaml")["namespace"],
    }
