"""Writes the versions of requirements-image.lock into .pre-commit-hooks.yaml: pre-commit itself reads no lock file.

pre-commit runs `pip install . DEPENDENCIES`, which takes versions but no hashes.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
_PIN = re.compile(r"^(\S+==\S+(?: ; .+?)?) \\$", re.MULTILINE)
_PINS = re.compile(r"  additional_dependencies:\n(?:    - .*\n)*")


def pins() -> list[str]:
    """What the image's lock file names, each as pip takes it."""
    return _PIN.findall((ROOT / "requirements-image.lock").read_text(encoding="utf-8"))


def pinned(hooks: str) -> str:
    """The hook's text with these versions."""
    lines = "".join(f'    - "{one}"\n' for one in pins())
    return _PINS.sub(f"  additional_dependencies:\n{lines}", hooks)


if __name__ == "__main__":
    HOOKS.write_text(pinned(HOOKS.read_text(encoding="utf-8")), encoding="utf-8")
