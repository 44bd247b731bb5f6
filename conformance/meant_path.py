"""What to write in place of a provider's name that nobody knows, where a file or folder here has that name."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["meant_path"]

_NAME = re.compile(r"[\w.-]{1,100}/?")
# Objects of Kubernetes have no such field at the top.
_FACTS = re.compile(r"^host:", re.MULTILINE)


def meant_path(name: str) -> str:
    """The remedy; empty when there is no such file or folder in the working directory."""
    if not _NAME.fullmatch(name):
        return ""
    found = (Path(f"{name.rstrip('/')}{end}") for end in (".yaml", ".yml", ""))
    path = next((one for one in found if one.exists()), None)
    if path is None:
        return ""
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""  # nobody can use it, whatever is in it
    if _FACTS.search(text):
        return f"for the provider of {path} write its path: --provider ./{path}"
    return f"for the manifests in {path} write: agw-conformance certify {path}"
