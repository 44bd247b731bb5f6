"""Where the files of the corpus are: repository, commit and paths, from files.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

__all__ = ["LIST", "Unit", "listed", "shown"]

LIST = Path(__file__).with_name("files.yaml")


@dataclass(frozen=True)
class Unit:
    """Files of one repository at one commit that are certified together: most often one."""

    repository: str
    commit: str
    paths: tuple[str, ...]

    @property
    def name(self) -> str:
        """How tables call it: the repository, and the file that holds the Backend."""
        return f"{self.repository} {self.paths[0]}"


def listed(file: Path = LIST) -> list[Unit]:
    """What the list names, in its order; of a unit of several files, the one with the Backend comes first."""
    return [
        Unit(entry["repository"], str(entry["commit"]), (paths,) if isinstance(paths, str) else tuple(paths))
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))
        for paths in entry["units"]
    ]


def shown(units: list[Unit]) -> str:
    """The list's text for these units."""
    entries: dict[tuple[str, str], list[str | list[str]]] = {}
    for unit in units:
        paths = unit.paths[0] if len(unit.paths) == 1 else list(unit.paths)
        entries.setdefault((unit.repository, unit.commit), []).append(paths)
    return yaml.safe_dump(
        [
            {"repository": repository, "commit": commit, "units": paths}
            for (repository, commit), paths in entries.items()
        ],
        sort_keys=False,
        width=1000,
    )
