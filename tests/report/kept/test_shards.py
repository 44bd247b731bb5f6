"""`run --shard` and `report merge`: the shards' report is the one that a single run writes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.core.problems import ExitCode, InputProblem
from conformance.report.conformance_report import conformance_report
from conformance.report.digests import file_digest, report_digest
from conformance.report.facts import run_facts
from conformance.report.kept.shards import FILE, kept_seconds, merged, shard_record
from conformance.report.write import write_reports
from conformance.stage.arrangement.shards import Shard
from conformance.stage.settings import Settings
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.verdict.results import Verdict
from tests.support.nimbus import command
from tests.support.report import REFERENCE, VERDICT

Capture = pytest.CaptureFixture[str]

COUNT = 3


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The reports of three shards of a run that has some of every outcome."""
    folder, settings = tmp_path_factory.mktemp("shards"), Settings((), EmbeddedOptions(), shard=Shard(1, COUNT))
    facts = run_facts(settings, REFERENCE, None)
    for index in range(1, COUNT + 1):
        shard = Shard(index, COUNT)
        part = Verdict(VERDICT.threshold, VERDICT.results[index - 1 :: COUNT], unknown={"mistral": ("a.example",)})
        write_reports(folder / str(index), part, facts.of_shard(shard), {FILE: shard_record(shard, part, facts)})
    return [folder / str(index) for index in range(1, COUNT + 1)]


@pytest.fixture
def own(shards: list[Path], tmp_path: Path) -> list[Path]:
    """Copies to be spoilt."""
    return [Path(shutil.copytree(one, tmp_path / one.name)) for one in shards]


def test_the_whole_is_as_it_would_be_of_one_run(shards: list[Path], tmp_path: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "report", "merge", *map(str, reversed(shards)), "--into", str(tmp_path / "all"))
    assert code == ExitCode.SETUP_FAILED if "setup error" in str(VERDICT) else ExitCode.FAILED, printed
    verdict, facts = merged(shards)
    assert sorted(verdict.results, key=repr) == sorted(VERDICT.results, key=repr)
    assert "--shard" not in facts.command
    assert facts.command
    data = yaml.safe_load((tmp_path / "all" / "report.yaml").read_text())
    alone = yaml.safe_load(conformance_report(verdict, facts))
    assert {name: value for name, value in data.items() if name not in ("files", "digest")} == {
        name: value for name, value in alone.items() if name != "digest"
    }
    assert command(capsys, "report", "verify", str(tmp_path / "all"))[0] == ExitCode.CONFORMANT
    assert "--shard 2/3" in (shards[1] / "report.yaml").read_text()


def altered(folder: Path, change: Callable[[dict[str, Any]], object], *, renewed: bool = True) -> None:
    """Change what a shard recorded; `renewed`: and all digests after it, as only who wants to deceive does."""
    data = json.loads((folder / FILE).read_text())
    change(data)
    (folder / FILE).write_text(json.dumps(data))
    if renewed:
        report = yaml.safe_load((folder / "report.yaml").read_text())
        report["files"][FILE] = file_digest(folder / FILE)
        report["digest"] = report_digest(report)
        (folder / "report.yaml").write_text(yaml.safe_dump(report, sort_keys=False))


def test_each_mistake_is_told(own: list[Path], shards: list[Path], tmp_path: Path, capsys: Capture) -> None:
    def told(*places: Path) -> str:
        code, printed = command(capsys, "report", "merge", *map(str, places), "--into", str(tmp_path / "all"))
        assert code == ExitCode.BAD_INPUT, printed
        (line,) = printed.splitlines()
        assert not (tmp_path / "all").exists()
        return line

    first, second, third = own
    assert "no report of shard 2, 3 of 3 - give it, too" in told(first)
    assert "is shard 1, and so is" in told(first, second, shards[0])
    altered(second, lambda data: data["facts"].update(dialect="kgateway-3"))
    assert "is of another run than" in told(first, second, third)
    assert "dialect differ" in told(first, second, third)
    altered(second, lambda data: data.update(shard="2/4"))
    assert "is shard 2/4, others are of 3" in told(first, second, third)
    altered(third, lambda data: data["results"].clear(), renewed=False)
    assert "is not as it was written: shard.json" in told(first, third)
    (third / FILE).unlink()
    assert "is not as it was written: shard.json" in told(first, third)
    assert "cannot be read" in told(tmp_path / "nothing")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(shard="9/x"),
        lambda data: data.update(shard=4),
        lambda data: data.update(results=[1]),
        lambda data: data["results"][0].pop("level"),
        lambda data: data["results"][0].update(outcome="fine"),
        lambda data: data["results"][0].update(where={"x": 1}),
        lambda data: data["results"][0].update(exchanges=["x"]),
        lambda data: data["facts"].pop("implementation"),
        lambda data: data["facts"].update(more=1),
        lambda data: data["facts"].update(level="SOMETIMES"),
        lambda data: data["unknown"].update(mistral=1),
    ],
)
def test_a_forged_record_is_no_traceback(own: list[Path], change: Callable[[dict[str, Any]], object]) -> None:
    for one in own:
        altered(one, change)
    with pytest.raises(InputProblem):
        merged(own)


def test_a_report_that_is_no_shards(tmp_path: Path, capsys: Capture) -> None:
    write_reports(tmp_path / "1", VERDICT, run_facts(Settings((), EmbeddedOptions()), REFERENCE, None))
    code, printed = command(capsys, "report", "merge", str(tmp_path / "1"), "--into", str(tmp_path / "all"))
    assert (code, "is no shard's report - make it with `run --shard 1/2" in printed) == (ExitCode.BAD_INPUT, True)
    assert set(kept_seconds(tmp_path / "1")) == {one.test for one in VERDICT.results}
    (tmp_path / "1" / "junit.xml").write_text("<a>")
    with pytest.raises(InputProblem, match=r"is no junit.xml of ours"):
        kept_seconds(tmp_path / "1")


@pytest.mark.slow
def test_two_shards_of_a_run_and_one_run(tmp_path: Path, capsys: Capture) -> None:
    """The cases really run, with workers or without; what they found is the same."""
    chosen = [part for one in ("path/full-replaces-path", "auth/key-as-bearer") for part in ("--case", one)]
    for name, more in (("one", ()), ("1", ("--shard", "1/2")), ("2", ("--shard", "2/2", "-n", "1"))):
        code, printed = command(capsys, "run", "-q", *chosen, "--report", str(tmp_path / name), *more)
        assert code == ExitCode.CONFORMANT, printed
    places = [str(tmp_path / one) for one in ("1", "2")]
    assert command(capsys, "report", "merge", *places, "--into", str(tmp_path / "both"))[0] == ExitCode.CONFORMANT
    one, both = (yaml.safe_load((tmp_path / name / "report.yaml").read_text()) for name in ("one", "both"))
    differ = {name for name in one if one[name] != both[name]}
    assert differ <= {"date", "files", "digest"}
    assert {name: set(kept_seconds(tmp_path / name)) for name in ("1", "2")}
    assert command(capsys, "run", "--balance-by", places[0])[0] == ExitCode.BAD_INPUT
