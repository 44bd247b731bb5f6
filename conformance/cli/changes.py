"""Which manifests a change concerns: the folders of changed files, if they hold a Backend of an AI provider."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from conformance.certification.config.model import Config
from conformance.core.problems import InputProblem, SetupProblem
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document
from conformance.manifests.input.ai_backends import holds_ai_backend, may_hold_ai_backend
from conformance.manifests.input.folders import SUFFIXES, LeftOut, documents_in, listed
from conformance.manifests.objects import LARGEST_FILE
from conformance.manifests.rendering.kustomizations import Tree, is_apart, is_kustomization, patch_files, roots_below

__all__ = ["Group", "changed_files", "fetched", "groups"]

_PATIENCE_WITH_GIT = 120.0
"""Seconds; a large repository on a slow disk needs some of them to find untracked files."""

_HASH = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True)
class Group:
    """A folder whose files belong together; `files` are those that hold objects.

    `arguments`: what `certify` is given for it, where that is not the files: a group of the repository's configuration.
    """

    folder: Path
    files: tuple[Path, ...]
    arguments: tuple[str, ...] | None = None


def groups(changed: Iterable[Path], config: Config | None = None) -> list[Group]:
    """The groups of the configuration in which these files are; of other files, the folders that hold a Backend of an
    AI provider, sorted.

    The whole folder, because the Secret, the route or the policy may stand in a file that was not changed. Folders
    below it are other groups: overlays for stages have the same objects again. Of a Kustomization that changes its
    files, or has some elsewhere, it is the one that no other is made of. A chart's templates are no manifests before
    helm has rendered them.
    """
    every = list(changed)
    found = list(_configured(every, config)) if config else []
    taken = [path for group in found for path in group.files]
    rest = [one for one in every if not any(_is_in(one, path) for path in taken)]
    overlays = list(_overlays(rest))
    found += [Group(tree.folder, (tree.folder,)) for tree in overlays]
    used = [folder for tree in overlays for folder in tree.folders]
    rest = [one for one in rest if not any(_is_in(one, folder) for folder in used)]
    folders = sorted({one.parent for one in rest if one.suffix in SUFFIXES and not _is_template(one.parent)})
    for folder in folders:
        read = list(_read(folder))
        if any(_concerns_us(one) for one in read):
            found.append(Group(folder, tuple(_with_objects(read))))
    return found


def _configured(changed: Sequence[Path], config: Config) -> Iterator[Group]:
    """The groups of the configuration that a change concerns: all of them where it was itself changed."""
    everything = any(_is_in(one, Path(config.file)) for one in changed if config.file)
    for group in config.groups:
        paths = tuple(Path(one) for one in group.paths)
        if everything or any(_is_in(one, path) for one in changed for path in paths):
            arguments = ("--group", group.name) if group.name else ()
            yield Group(Path(group.name), paths, arguments)


def _overlays(changed: Sequence[Path]) -> Iterator[Tree]:
    """The Kustomizations that have to be built, about AI providers, and made of one of these files."""
    if not changed:
        return
    places = {os.path.realpath(one) for one in changed}
    for tree in roots_below(Path()):
        files = {os.path.realpath(one) for one in tree.files}
        folders = {os.path.realpath(one) for one in tree.folders}
        # A file that was taken away is named no more.
        concerned = places & files or any(os.path.dirname(one) in folders for one in places)  # noqa: PTH120
        if concerned and is_apart(tree, tree.folder) and any(may_hold_ai_backend(_text(one)) for one in tree.resources):
            yield tree


def _is_in(file: Path, path: Path) -> bool:
    return Path(os.path.abspath(file)).is_relative_to(os.path.abspath(path))  # noqa: PTH100  # links stay as they are


def changed_files(base: str | None) -> list[Path]:
    """The files in this folder and below that differ from where the branch left `base`, committed or not.

    Without a base, or with Git's zeros for one that does not exist: all files that Git knows. Deleted files count,
    too: those that remain in their folders may miss them. Raises InputProblem, SetupProblem when Git cannot tell.
    """
    if not base or not base.strip("0"):
        return _paths(_git("ls-files", "-z"))
    commit = _commit(base)
    # A shallow clone may not reach back to where the branch began; then the base itself must do.
    began = _git("merge-base", commit, "HEAD", may_fail=True).strip() or commit
    differing = _git("diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", began)
    return _paths(differing + _git("ls-files", "--others", "--exclude-standard", "-z"))


def fetched(base: str) -> str:
    """The commit that `base` names here, or else at `origin`; a workflow's checkout has but one commit.

    What was fetched is kept under the name that the origin's branches have here, so that it is fetched but once.
    Raises InputProblem when neither knows it, SetupProblem when Git cannot tell.
    """
    kept = f"refs/remotes/origin/{base}"
    if found := _known(base) or _known(kept):
        return found
    # Only a clone that is shallow already may stay so.
    shallow = _git("rev-parse", "--is-shallow-repository").strip() == "true"
    depth = ["--depth=1"] if shallow else []
    what = base if _HASH.fullmatch(base) else f"+{base}:{kept}"
    try:
        _git("fetch", "--quiet", "--no-tags", *depth, "--", "origin", what)
    except SetupProblem as problem:
        raise _unknown(base) from problem
    return _commit("FETCH_HEAD")


def _commit(base: str) -> str:
    if found := _known(base):
        return found
    raise _unknown(base)


def _known(base: str) -> str:
    return _git("rev-parse", "--quiet", "--verify", "--end-of-options", f"{base}^{{commit}}", may_fail=True).strip()


def _unknown(base: str) -> InputProblem:
    return InputProblem(
        f"--base {base}: Git knows no such commit here",
        remedy="fetch it first: git fetch origin BRANCH; in a workflow give actions/checkout fetch-depth: 0",
    )


def _git(*arguments: str, may_fail: bool = False) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE_WITH_GIT, check=False
        )
    except FileNotFoundError as error:
        raise SetupProblem("there is no git on PATH", remedy="install Git, or name the files") from error
    except subprocess.TimeoutExpired as error:
        raise SetupProblem(f"git {arguments[0]} took more than {_PATIENCE_WITH_GIT:.0f} s") from error
    if done.returncode and not (may_fail and done.returncode == 1):
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise SetupProblem(f"git {arguments[0]}: {said[0]}", remedy="run this in a checkout, or name the files")
    return os.fsdecode(done.stdout)


def _paths(listed: str) -> list[Path]:
    return [Path(one) for one in dict.fromkeys(listed.split("\0")) if one]


def _is_template(folder: Path) -> bool:
    return any(
        part.name == "templates" and (part.parent / "Chart.yaml").is_file() for part in (folder, *folder.parents)
    )


@dataclass(frozen=True)
class _Read:
    """A file of a folder; `documents` is None where it holds a mistake, which is to be told."""

    file: Path
    documents: Sequence[Document] | None


def _read(folder: Path) -> Iterator[_Read]:
    """The files of a folder that `certify` would not leave out. Raises InputProblem."""
    if not folder.is_dir():  # all of its files were deleted
        return
    for file in listed(folder, set(), below=False):
        if isinstance(file, LeftOut):
            continue
        try:
            found = documents_in(file)
        except InputProblem:
            yield _Read(file, None)
            continue
        if not isinstance(found, LeftOut):
            yield _Read(file, found)


def _concerns_us(one: _Read) -> bool:
    if one.documents is None:
        return may_hold_ai_backend(_text(one.file))
    return any(map(holds_ai_backend, one.documents))


def _text(file: Path) -> str:
    """What it holds, as far as it can be made out. Raises InputProblem."""
    try:
        with file.open("rb") as stream:
            # Of UTF-16 the zeros are in the way.
            return stream.read(LARGEST_FILE).decode("utf-8-sig", errors="replace").replace("\0", "")
    except OSError as error:
        raise InputProblem(f"{file}: cannot be read: {error.strerror or error}") from error


def _with_objects(read: Sequence[_Read]) -> Iterator[Path]:
    """The files for `kubectl apply`: no values for a chart or template, no Kustomization and no patch of one."""
    kustomizations = [document for one in read for document in one.documents or () if is_kustomization(document)]
    patches = {patch for one in kustomizations for patch in patch_files(one, Path(one.at().file).parent)}
    for one in read:
        objects = one.documents is None or (one.documents and not any(map(is_kustomization, one.documents)))
        if objects and os.path.realpath(one.file) not in patches:
            yield one.file
