"""What README and docs/ show of a terminal, carried out as one reader would, and compared.

`python -m tests.support.documents` renews the figures in what is shown, such as the number of checks that pass.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conformance.cli import main
from tests.support.hangs import HANGS
from tests.support.paths import ROOT

__all__ = ["ALL", "PLAYED", "Played", "Step", "commands_of", "play", "steps"]

ALL = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

PLAYED = {
    "readme": ["README.md"],
    "site": [
        "docs/tutorial.md",
        "docs/how-to/certify.md",
        "docs/how-to/accept-findings.md",
        "docs/how-to/provider.md",
        "docs/reference/reports.md",
        "docs/how-to/install.md",
        "docs/how-to/cases.md",
        "docs/how-to/pages.md",
    ],
}
"""Pages that are read one after the other, in one folder: what one makes the next has."""

ELSEWHERE = {
    r"make (setup|conformance|test|release|docs)\b": ".ci/run",
    r"source \.venv/bin/activate": "tests/packaging/test_setup.py",
    r"(pip|sha256sum) ": ".ci/run",
    r"(gh|git clone) ": ".github/workflows/release.yaml",
    r"agw-conformance (run --shard|report merge) ": "tests/report/kept/test_shards.py",
    r"docker (build|run) ": "Dockerfile",
    r"pytest ": "tests/cli/test_run.py",
    r"python -m mock_providers ": "tests/lookalikes/test_lookalike_command.py",
    r"export KUBECONFIG|(kubectl|curl) ": "tests/targets/reference/kubeapi/test_kubectl_apply.py",
    r"agw-conformance serve": "tests/cli/test_process.py",
    r"agw-conformance run(?!.*--case)": "tests/cli/test_run.py",
    r"agw-conformance \w+ .*--target standalone": "tests/targets/standalone",
    r"agw-conformance \w+ .*--target kind": "tests/targets/kind",
    r"agw-conformance \w+ .*--target cluster|agw-conformance cluster-rbac": "tests/targets/cluster",
    r"agw-conformance changed ": "tests/cli/test_changed.py",
    r"agw-conformance certify .*--format": "tests/certification/test_formats.py",
    r"agw-conformance certify --provider groq --write k8s": "tests/packaging/test_guest.py",
}
"""Commands that need what a test of pages has not, or take long: what carries them out."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"# (\S+\.yaml)\n")


@dataclass
class Step:
    """A command and the lines that are shown below it; or (`file`) a file that the reader writes."""

    page: str
    command: str
    shown: list[str] = field(default_factory=list)
    file: str = ""

    @property
    def words(self) -> list[str]:
        return shlex.split(self.command, comments=True)

    @property
    def elsewhere(self) -> str:
        """What carries the command out, where it is not done here."""
        return next((test for pattern, test in ELSEWHERE.items() if re.match(pattern, self.command)), "")

    def agrees(self, printed: str) -> bool:
        """Whether this was printed; `...` stands for any lines, at the end of one for its rest."""
        if not self.shown:
            return True
        lines = [_pattern(line) for line in self.shown if line]
        text = "".join(f"{line}\n" for line in printed.replace(f"{ROOT}/", "").splitlines() if line.strip())
        return re.fullmatch("".join(lines), text) is not None


def _pattern(line: str) -> str:
    if line == "...":
        return "(?:.*\n)*?"
    return re.escape(line.removesuffix("...")) + (".*\n" if line.endswith("...") else "\n")


@dataclass
class Played:
    """A step, and what came of it."""

    step: Step
    code: int
    printed: str
    expected_code: int


def steps(page: str) -> Iterator[Step]:
    """What a page shows, in order."""
    for language, text in _BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        if language == "console":
            yield from commands_of(page, text)
        elif language == "yaml" and (named := _NAMED.match(text)):
            yield Step(page, text, file=named[1])


def commands_of(page: str, block: str) -> list[Step]:
    """The commands of a block; a backslash at the end of a line goes on in the next, as does a heredoc."""
    found: list[Step] = []
    for line in block.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            found.append(Step(page, line[2:]))
        elif not line.lstrip().startswith("# "):
            found[-1].shown.append(line)
    return found


def play(group: str, folder: Path) -> list[Played]:
    """Carry the pages of a group out in a folder; commands that are told to be carried out elsewhere are left out."""
    (folder / "fixtures").symlink_to(ROOT / "fixtures")
    played: list[Played] = []
    code = 0
    with _in(folder):
        for page in PLAYED[group]:
            for step in steps(page):
                if step.command == "echo $?":
                    played[-1].expected_code = int(step.shown[0])
                elif not step.elsewhere:
                    code, printed = _carry_out(step)
                    played.append(Played(step, code, printed, 0))
    return played


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    before, environment = Path.cwd(), dict(os.environ)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)


def _carry_out(step: Step) -> tuple[int, str]:
    if step.file:
        # What expires has not expired, whenever this is played.
        later = (datetime.now(UTC) + timedelta(days=90)).date()
        Path(step.file).write_text(re.sub(r"(?<=expires: )\S+", str(later), step.command), encoding="utf-8")
        return 0, ""
    words = step.words
    if words[0] == "export":
        name, _, value = words[1].partition("=")
        os.environ[name] = value
        return 0, ""
    if words[0] == "agw-conformance":
        return _call(words[1:])
    done = subprocess.run(["bash", "-c", step.command], capture_output=True, text=True, check=False, timeout=HANGS)
    return done.returncode, done.stdout + done.stderr


def _call(words: list[str]) -> tuple[int, str]:
    """The command within this process."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            code = main(words)
        except SystemExit as leaving:  # argparse's way of ending
            code = int(leaving.code or 0)
    return code, printed.getvalue()


def _renew(played: Played) -> None:
    """Put the figures of what was printed into what is shown; lines that differ in anything else are left."""
    page = ROOT / played.step.page
    text = page.read_text(encoding="utf-8")
    printed = played.printed.splitlines()
    by_form = {re.sub(r"\d+", "#", line): line for line in printed}
    for line in {*played.step.shown} - {*printed, ""}:
        now = by_form.get(re.sub(r"\d+", "#", line), line)
        text = text.replace(f"\n{line}\n", f"\n{now}\n")
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for one in PLAYED:
        with tempfile.TemporaryDirectory() as place:
            for step_played in play(one, Path(place)):
                _renew(step_played)
