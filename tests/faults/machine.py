"""What a machine can lack or do to a run: each ends in a right verdict, or in exit 3 or 2 and one message."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.faults.outcome import Disturbed, Workplace
from tests.support.paths import ROOT

__all__ = ["FAULTS", "faults"]

_FEW = ("run", "-q", "--provider", "mistral", "--case", "path/full-replaces-path")
_CERTIFY = ("certify", "nimbus.yaml", "-q")


@dataclass(frozen=True)
class Fault:
    """What is wrong with the machine, the command, and the exit codes that tell the truth of it."""

    name: str
    command: Sequence[str]
    codes: Sequence[int]
    shell: str = ""
    """What a shell does before the command, `"$@"`; empty: nothing."""
    namespaces: str = ""
    """Options of unshare(1) that it needs."""
    environment: tuple[tuple[str, str], ...] = ()
    says: str = ""
    prepare: Callable[[Workplace], None] | None = None


def _mounted(options: str, place: str) -> str:
    return f'mount -t tmpfs -o {options} none {place} && exec "$@"'


def _is_zero(place: Workplace) -> None:
    (place.work / "zero.yaml").symlink_to("/dev/zero")


def _many_secrets(place: Workplace) -> None:
    one = "apiVersion: v1\nkind: Secret\nmetadata: {{name: s{0}}}\nstringData: {{key: k{0}}}\n---\n"
    file = place.work / "nimbus.yaml"
    file.write_text("".join(map(one.format, range(10_000))) + file.read_text(encoding="utf-8"), encoding="utf-8")


def _nonsense(place: Workplace) -> None:
    (place.work / "page.html").write_text("<!" * 500_000, encoding="utf-8")


_MOUNTS = "--user --map-root-user --mount"

FAULTS = (
    Fault("nothing", _CERTIFY, (0,)),
    Fault("the temporary folder is missing", _FEW, (0, 3), environment=(("TMPDIR", "/nowhere"),)),
    Fault("the temporary folder is full", _FEW, (3,), _mounted("size=4k", '"$TMPDIR"'), _MOUNTS),
    Fault("the report's disk is full", (*_CERTIFY, "--report", "report"), (3,), _mounted("size=16k", "."), _MOUNTS),
    Fault("a run's report's disk is full", (*_FEW, "--report", "report"), (3,), _mounted("size=16k", "."), _MOUNTS),
    Fault("no file may be larger than 4 KiB", (*_CERTIFY, "--report", "report"), (3,), 'ulimit -f 4; exec "$@"'),
    Fault("the checkout is read-only", _FEW, (0,), f'mount --bind -o ro "{ROOT}" "{ROOT}" && exec "$@"', _MOUNTS),
    Fault("the home is read-only", _FEW, (0,), _mounted("ro,size=4k", '"$HOME"'), _MOUNTS),
    Fault("the home is missing", _FEW, (0,), environment=(("HOME", "/nowhere"),)),
    Fault("the working folder is gone", _FEW, (3,), 'rm -r "$PWD" && exec "$@"', says="working directory"),
    Fault("standard input is closed", _CERTIFY, (0,), 'exec "$@" <&-'),
    Fault("manifests are to come from a closed standard input", ("certify", "-"), (2,), 'exec "$@" <&-'),
    Fault("standard output is closed", _CERTIFY, (0,), 'exec "$@" >&-'),
    Fault("standard output is full", _CERTIFY, (3,), 'exec "$@" >/dev/full'),
    Fault("both outputs are full", _CERTIFY, (3,), 'exec "$@" >/dev/full 2>/dev/full'),
    Fault("nobody reads", _CERTIFY, (0, 3), 'set -o pipefail; "$@" | true'),
    Fault("the terminal takes ASCII", _CERTIFY, (0,), environment=(("PYTHONIOENCODING", "ascii"), ("LC_ALL", "C"))),
    Fault("24 open files", _CERTIFY, (3,), 'ulimit -n 24; exec "$@"', says="ulimit"),
    Fault("512 MiB of addresses", _CERTIFY, (0, 3), 'ulimit -v 524288; exec "$@"'),
    Fault("no network but loopback", _CERTIFY, (0,), 'ip link set lo up && exec "$@"', "--user --map-root-user --net"),
    Fault("not even loopback", _CERTIFY, (3,), 'exec "$@"', "--user --map-root-user --net"),
    Fault("a link to /dev/zero", ("certify", "zero.yaml"), (2,), prepare=_is_zero),
    Fault("a provider file that never ends", ("provider", "check", "zero.yaml"), (2,), prepare=_is_zero),
    Fault("10,000 Secrets", _CERTIFY, (0,), prepare=_many_secrets),
    Fault("a page of 1 MB of nonsense", ("docs", "page.html"), (2,), prepare=_nonsense),
    Fault("a report's name of 300 characters", (*_FEW, "--report", "x" * 300), (2,)),
    Fault("a proxy that is none", _CERTIFY, (0,), environment=(("HTTPS_PROXY", "http://127.0.0.1:9"),)),
)


def faults() -> Iterator[Disturbed]:
    """Each fault, tried once."""
    for fault in FAULTS:
        place = Workplace()
        try:
            yield _tried(fault, place)
        finally:
            place.close()
    yield _taken_port()


def _tried(fault: Fault, place: Workplace) -> Disturbed:
    if fault.prepare:
        fault.prepare(place)
    wrapped = ["bash", "-c", fault.shell, "bash"] if fault.shell else []
    if fault.namespaces:
        if not shutil.which("unshare"):
            return Disturbed(fault.name, wrong=["not tried: there is no unshare(1) here"])
        wrapped = ["unshare", *fault.namespaces.split(), "--", *wrapped]
    found = place.ended(fault.name, place.start(fault.command, wrapped=wrapped, environment=dict(fault.environment)))
    if found.code not in fault.codes:
        found.wrong.append(f"exit code {found.code}, not {' or '.join(map(str, fault.codes))}")
    if fault.says not in found.printed:
        found.wrong.append(f"it does not say {fault.says!r}")
    if found.code != 0 and "Report: " in found.printed:
        found.wrong.append("it names a report that it did not write")
    if left := place.files_left():
        found.wrong.append(f"files are left: {left}")
    return found


def _taken_port() -> Disturbed:
    place = Workplace()
    try:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            found = place.ended("the port is taken", place.start(("serve", "--port", port, *_FEW[2:])))
        if found.code not in {2, 3}:
            found.wrong.append(f"exit code {found.code}")
        return found
    finally:
        place.close()
