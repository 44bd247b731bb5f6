"""A file that is replaced as the kubelet replaces those of a mounted ConfigMap: in one step, without being removed."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

__all__ = ["MountedFile"]

_KEPT = 2


class MountedFile:
    """A file in `folder`: a link through `..data`, which leads from one version's folder to the next.

    What simply replaces the file is lost on agentgateway 1.4 when two changes come close together: it watches the
    file, not its name, and what happens between reading a new one and watching that goes unnoticed (state_manager.rs,
    watch_config_file: reload_config, then watch_files_with_options). Of such a link both lines watch the folder.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.path = folder / name
        self._numbers = itertools.count()
        self._outdated: list[Path] = []

    def put(self, text: str, *, watched: bool) -> None:
        """Give it another content. `watched`: whoever watches the file has begun to, and has a version to hold on to.

        Until then every version stays, since the end of the one that is watched would count as the file's own.
        """
        version = self._folder / f"..{next(self._numbers)}"
        version.mkdir(mode=0o700)
        (version / self.path.name).write_text(text, encoding="utf-8")
        link = self._folder / "..data_tmp"
        link.symlink_to(version.name)
        link.replace(self._folder / "..data")
        if not self.path.is_symlink():
            self.path.symlink_to(Path("..data", self.path.name))
        if watched:
            self._outdated.append(version)
            for old in self._outdated[:-_KEPT]:
                shutil.rmtree(old)
            del self._outdated[:-_KEPT]
