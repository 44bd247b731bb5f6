"""The bill of materials of a release (CycloneDX): what is installed with a wheel, with licences and what needs what.

    python .ci/parts.py WHEEL LOCK OUTPUT

The environment that this runs in has all of it, at the versions of the lock file, beside the tools for tests. So
another one is made that has nothing but what tells of the packages in LOCK and of WHEEL.
"""

import hashlib
import json
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path

_NAME = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


def main(wheel: str, lock: str, output: str) -> None:
    """Write the bill of materials to `output`."""
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(scratch, with_pip=False)
        (packages,) = Path(scratch).glob("lib/python*/site-packages")
        named = {_normal(name) for name in _NAME.findall(Path(lock).read_text(encoding="utf-8"))}
        for told in Path(sysconfig.get_path("purelib")).glob("*.dist-info"):
            if _normal(told.name.partition("-")[0]) in named:
                (packages / told.name).symlink_to(told)
        with zipfile.ZipFile(wheel) as file:
            file.extractall(packages, [name for name in file.namelist() if ".dist-info/" in name])
        command = [Path(sys.executable).with_name("cyclonedx-py"), "environment", Path(scratch) / "bin" / "python"]
        options = ["--spec-version", "1.6", "--output-reproducible", "--output-format", "JSON", "--output-file", output]
        subprocess.run([*command, "--pyproject", "pyproject.toml", "--mc-type", "application", *options], check=True)
    _complete(Path(output), Path(wheel))


def _complete(output: Path, wheel: Path) -> None:
    """Version and digest of what all of this is for: pyproject.toml leaves the version to the build."""
    told = json.loads(output.read_text(encoding="utf-8"))
    component = told["metadata"]["component"]
    component["version"] = wheel.name.split("-")[1]
    component["purl"] = f"pkg:pypi/{component['name']}@{component['version']}"
    component["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}]
    output.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main(*sys.argv[1:])
