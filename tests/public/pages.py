"""Carry out the listed pages of a fetched site, and print what came of each: python -m tests.public.pages FOLDER."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

__all__ = ["LIST", "PageResult", "Site", "counts", "result_of"]

LIST = Path(__file__).with_name("pages.yaml")
# `ok        113  curl localhost/openai`: a request, however it went.
_REQUEST = re.compile(r"(ok|failed|not run) +\d+  curl ")
_LINE = re.compile(r"(?:ok|failed|not run) +\d+  ")
_IN_PART = "what is judged as the manifests say"


@dataclass(frozen=True)
class Site:
    """Where the pages are: repository, commit, the folders that are taken out, and those of them with the pages."""

    repository: str
    commit: str
    folder: str
    parts: tuple[str, ...]
    when: tuple[str, ...]
    pages: tuple[str, ...]


@dataclass(frozen=True)
class PageResult:
    """What was said of a page: of its requests, over all of its tabs, how many went how."""

    page: str
    code: int
    whole: int
    partly: int
    failed: int
    left: int

    @property
    def sends(self) -> bool:
        """Whether a reader of the page sends requests to the gateway."""
        return bool(self.whole or self.partly or self.failed or self.left)

    @property
    def is_carried_out(self) -> bool:
        """Whether something is said of one of its requests."""
        return bool(self.whole or self.partly or self.failed)


def main() -> None:
    """One line a page as it ends, then the counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.public.pages", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds OWNER+NAME/repo, a git directory")
    parser.add_argument("--only", default="", metavar="TEXT", help="pages whose name has TEXT in it")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep pages and answers there")
    given = parser.parse_args()
    site = listed()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = given.keep or Path(temporary)
        _take_out(site, given.folder, scratch)
        results = []
        for page in site.pages:
            if given.only in page:
                results.append(_carried_out(site, page, scratch))
                print(_line(results[-1]), flush=True)
    print("\n".join(counts(results)))


def listed(file: Path = LIST) -> Site:
    """What the list names, guides first."""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    pages = (*data["guides"], *data["providers"])
    return Site(data["repository"], data["commit"], data["folder"], tuple(data["parts"]), tuple(data["when"]), pages)


def _take_out(site: Site, folder: Path, scratch: Path) -> None:
    git = folder / site.repository.replace("/", "+") / "repo"
    scratch.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(
        ["git", f"--git-dir={git}", "archive", site.commit, *site.parts], check=True, capture_output=True
    )
    subprocess.run(["tar", "-x", "-C", str(scratch)], input=packed.stdout, check=True)


def _carried_out(site: Site, page: str, scratch: Path) -> PageResult:
    when = [part for word in site.when for part in ("--when", word)]
    command = [sys.executable, "-m", "conformance", "docs", f"{site.folder}/{page}", *when]
    ended = subprocess.run(command, cwd=scratch, capture_output=True, check=False, text=True)
    (scratch / f"{page.replace('/', '_')}.txt").write_text(ended.stdout + ended.stderr, encoding="utf-8")
    return result_of(page, ended.returncode, ended.stdout)


def result_of(page: str, code: int, printed: str) -> PageResult:
    """By what `docs` printed of a page."""
    found: Counter[str] = Counter()
    outcome = ""
    for line in printed.splitlines():
        if _LINE.match(line):
            request = _REQUEST.match(line)
            outcome = request[1] if request else ""
            found[outcome] += 1
        elif outcome == "ok" and _IN_PART in line:
            found["in part"] += 1
    partly = found["in part"]
    return PageResult(page, code, found["ok"] - partly, partly, found["failed"], found["not run"])


def _line(one: PageResult) -> str:
    told = f"{one.whole} requests judged, {one.partly} in part, {one.failed} failed, {one.left} not judged"
    return f"{one.code} | {one.page} | {told if one.sends else 'sends none'}"


def counts(results: Sequence[PageResult]) -> list[str]:
    """The counts that the README gives."""
    sending = [one for one in results if one.sends]
    totals = [sum(getattr(one, name) for one in results) for name in ("whole", "partly", "failed", "left")]
    codes = Counter(one.code for one in sending)
    return [
        f"{len(results)} pages, {len(sending)} send requests, "
        f"of {sum(one.is_carried_out for one in sending)} of these something is judged",
        "requests: {} judged, {} in part, {} failed, {} not judged".format(*totals),
        *(f"exit {code}: {number} of those that send requests" for code, number in sorted(codes.items())),
    ]


if __name__ == "__main__":
    main()
