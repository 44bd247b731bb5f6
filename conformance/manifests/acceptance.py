"""What people accept of what is found, why, and until when."""

from __future__ import annotations

import datetime
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path

from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath
from conformance.manifests.objects import Manifest

__all__ = ["Acceptance"]


@dataclass(frozen=True)
class Acceptance:
    """One accepted finding: the id of its check or case, and the reason.

    `files`: only in those that fit this pattern, relative to `folder`; empty: in all. `line`: of one file only that
    line, as a comment says it. `origin` and `path` are where it stands itself.
    """

    check: str
    reason: str
    origin: Manifest = field(repr=False)
    path: FieldPath = ()
    expires: datetime.date | None = None
    files: str = ""
    folder: Path = Path()
    line: int = 0

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day has gone."""
        return self.expires is not None and self.expires < today

    def is_about(self, file: str) -> bool:
        """Whether it can be meant for what stands in a file."""
        if self.line:
            return file == self.files
        if not self.files:
            return True
        try:
            inside = Path(file).resolve().relative_to(self.folder.resolve())
        except ValueError:
            return False
        # A folder stands for all that is in it.
        return any(fnmatchcase(one.as_posix(), self.files.rstrip("/")) for one in (inside, *inside.parents))

    @property
    def told(self) -> str:
        """The reason, and until when."""
        return f"{self.reason} (until {self.expires})" if self.expires else self.reason
