"""Git repositories of a test's own, with manifests of providers in folders."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.hangs import HANGS
from tests.support.nimbus import NIMBUS

__all__ = ["BACKEND", "FILES", "commit", "git", "repository"]

_PARTS = NIMBUS.split("---\n")
BACKEND = next(part for part in _PARTS if "kind: Backend\n" in part)

FILES = {
    **{f"providers/nimbus/{number}.yaml": part for number, part in enumerate(_PARTS)},
    "providers/nimbus/kustomization.yaml": "resources: []\npatches:\n- path: patch.yaml\n",
    "providers/nimbus/patch.yaml": _PARTS[2],
    "providers/nimbus/template.yaml": "kind: Secret\nmetadata: {{ .Values.x }}\n",
    "providers/nimbus/values.yml": "replicas: 1\nbroken: [\nmonitor:\n  kind: ServiceMonitor\n",
    "deploy/app.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\n",
    "README.md": "kind: Backend\n",
}
"""A provider in one folder, its objects in a file each, and what is none of our business."""

_IDENTITY = {
    **{f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *arguments: str) -> str:
    """What Git answers there, whatever is configured on this machine."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **_IDENTITY},
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
    )
    return done.stdout.strip()


def commit(folder: Path, files: Mapping[str, str | None]) -> str:
    """Write files (None: delete) and commit them; the commit's hash."""
    for name, text in files.items():
        file = folder / name
        if text is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "change")
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path, files: Mapping[str, str | None]) -> str:
    """A repository on branch main with one commit; its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    return commit(folder, files)
