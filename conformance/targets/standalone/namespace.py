"""A network and a hosts file of the run's own, so that documented hosts and ports can be used literally (Linux)."""

from __future__ import annotations

import functools
import ipaddress
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from conformance.core.problems import SetupProblem

__all__ = ["MARKER", "HostsFile", "decide", "enter", "inside", "open_loopback", "own_network", "take_address"]

MARKER = "AGW_CONFORMANCE_NETWORK"
"""Tells the run inside which namespaces it came from, so that it knows that it has its own; `none`: make none."""
NOWHERE = "none"

_NAMESPACES = ("net", "mnt")
_BENCHMARKS = "198.18.0.0", "255.254.0.0"
"""The block for benchmarks (RFC 2544): cases take addresses of it, which must be this machine's."""
_LOOPBACK, _UP = b"lo", 0x1
_SIOCSIFADDR, _SIOCSIFNETMASK, _SIOCSIFFLAGS, _SIOCGIFFLAGS = 0x8916, 0x891C, 0x8914, 0x8913
_MS_BIND, _MNT_DETACH = 0x1000, 0x2
_HOSTS = Path("/etc/hosts")
_PATIENCE = 30.0


def inside(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is in namespaces of the run's own."""
    came_from, here = environment.get(MARKER), _namespaces()
    if not came_from or came_from == NOWHERE or not here:
        return False
    # All of them must differ: a stray variable must not make us mount over the machine's own hosts file.
    old = came_from.split(",")
    return len(old) == len(here) and not set(old) & set(here)


def decide(environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """The `unshare` command that makes the namespaces here; None when that is impossible, or done already."""
    if MARKER in environment or not sys.platform.startswith("linux"):
        return None
    tool = shutil.which("unshare")
    if tool is None or not _namespaces():
        return None
    plain = [tool, "--net", "--mount"]
    mapped = [tool, "--user", "--map-root-user", "--net", "--mount"]
    for command in [plain, mapped] if os.geteuid() == 0 else [mapped]:
        if _works(command):
            return command
    return None


def own_network() -> Callable[[], None] | None:
    """What begins this run again inside the namespaces; None when that is impossible, or done already."""
    return functools.partial(enter, command) if (command := decide()) else None


def enter(command: Sequence[str]) -> None:
    """Begin this run again inside the namespaces; does not return when it can be done."""
    os.environ[MARKER] = ",".join(_namespaces())
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvp(command[0], [*command, "--", sys.executable, *sys.orig_argv[1:]])


def open_loopback() -> None:
    """Bring up the namespace's loopback interface, with the block for benchmarks on it. Raises SetupProblem."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            asked = fcntl.ioctl(control, _SIOCGIFFLAGS, struct.pack("16sh14x", _LOOPBACK, 0))
            flags = struct.unpack("16sh14x", asked)[1] | _UP
            fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", _LOOPBACK, flags))
        except OSError as error:
            raise SetupProblem(f"the private network cannot be set up: {error}", remedy=_REMAP) from error
    _put_on_loopback(1, *_BENCHMARKS)


def take_address(address: str) -> None:
    """Let an address be one of this namespace's, as a provider's may be; IPv4 only. Raises SetupProblem."""
    ip = ipaddress.ip_address(address)
    benchmarks = ipaddress.ip_network("/".join(_BENCHMARKS))
    if ip.version == 4 and not ip.is_loopback and ip not in benchmarks:
        # Each has an alias of its own; its number tells nothing but apart, and a name is 15 characters long.
        _put_on_loopback(int(ip), address, "255.255.255.255")


def _put_on_loopback(alias: int, address: str, mask: str) -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, mask)):
                name = b"lo:%x" % alias
                fcntl.ioctl(
                    control, request, struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(value))
                )
        except OSError as error:
            raise SetupProblem(f"the private network cannot have {address}: {error}", remedy=_REMAP) from error


_REMAP = f"run with {MARKER}={NOWHERE}, then hosts are remapped instead"


class HostsFile:
    """The namespace's own /etc/hosts, on a file in `folder`; to be closed."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "hosts"
        self._addresses: dict[str, str] = {}
        self._write()
        _mount(self._file)

    def add_all(self, addresses: Mapping[str, str]) -> bool:
        """Let names lead to addresses; returns whether that changed anything."""
        before = dict(self._addresses)
        self._addresses.update(addresses)
        if self._addresses == before:
            return False
        self._write()
        return True

    def _write(self) -> None:
        # In place: what is mounted is the file, not its name.
        lines = ["127.0.0.1 localhost", *(f"{address} {host}" for host, address in self._addresses.items())]
        self._file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def close(self) -> None:
        """Uncover what was there before."""
        import ctypes

        ctypes.CDLL(None, use_errno=True).umount2(str(_HOSTS).encode(), _MNT_DETACH)


def _mount(file: Path) -> None:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(str(file).encode(), str(_HOSTS).encode(), None, _MS_BIND, None) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise SetupProblem(f"the private hosts file cannot be mounted on {_HOSTS}: {reason}", remedy=_REMAP)


def _namespaces() -> list[str]:
    try:
        return [str(Path("/proc/self/ns", kind).readlink()) for kind in _NAMESPACES]
    except OSError:
        return []


def _works(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run([*command, "--", "true"], capture_output=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
