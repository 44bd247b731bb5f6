"""A network of the run's own: whether to make one, and what is in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.targets.standalone import namespace
from conformance.targets.standalone.namespace import MARKER, HostsFile, decide, enter, inside

HERE = ["net:[1]", "mnt:[1]"]


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Linux on which `unshare` exists."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(namespace, "_namespaces", lambda: HERE)
    return monkeypatch


@pytest.mark.parametrize(
    ("uid", "working", "command"),
    [
        (0, "both", ["/bin/unshare", "--net", "--mount"]),
        (0, "mapped", ["/bin/unshare", "--user", "--map-root-user", "--net", "--mount"]),
        (1000, "both", ["/bin/unshare", "--user", "--map-root-user", "--net", "--mount"]),
        (1000, "none", None),
        (0, "none", None),
    ],
)
def test_what_works_is_taken(linux: pytest.MonkeyPatch, uid: int, working: str, command: list[str] | None) -> None:
    def works(tried: Sequence[str]) -> bool:
        return working == "both" or (working == "mapped" and "--user" in tried)

    linux.setattr(os, "geteuid", lambda: uid)
    linux.setattr(namespace, "_works", works)
    assert decide({}) == command


@pytest.mark.parametrize("marker", ["none", "net:[1],mnt:[1]"])
def test_not_again(linux: pytest.MonkeyPatch, marker: str) -> None:
    linux.setattr(namespace, "_works", lambda command: True)
    assert decide({MARKER: marker}) is None


def test_elsewhere(linux: pytest.MonkeyPatch) -> None:
    linux.setattr(namespace, "_works", lambda command: True)
    linux.setattr(shutil, "which", lambda name: None)
    assert decide({}) is None
    linux.setattr(sys, "platform", "darwin")
    assert decide({}) is None


def test_a_tool_that_cannot_be_run(tmp_path: Path) -> None:
    assert not namespace._works([str(tmp_path / "unshare")])
    assert not namespace._works(["false"])
    assert namespace._works(["true"])


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        (None, False),
        ("none", False),
        ("net:[1],mnt:[1]", False),
        ("net:[2],mnt:[1]", False),
        ("net:[2]", False),
        ("net:[2],mnt:[2]", True),
    ],
)
def test_inside(linux: pytest.MonkeyPatch, marker: str | None, expected: bool) -> None:
    assert inside({} if marker is None else {MARKER: marker}) is expected


def test_beginning_again(linux: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []
    linux.setattr(os, "execvp", lambda file, arguments: begun.append(arguments))
    linux.setattr(sys, "orig_argv", ["python", "-m", "conformance", "run"])
    linux.setenv(MARKER, "")
    enter(["unshare", "--net"])
    assert begun == [["unshare", "--net", "--", sys.executable, "-m", "conformance", "run"]]
    assert os.environ[MARKER] == "net:[1],mnt:[1]"


def test_hosts_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted: list[Path] = []
    monkeypatch.setattr(namespace, "_mount", mounted.append)
    hosts = HostsFile(tmp_path)
    assert hosts.add_all({"a.example": "127.64.0.1"})
    assert not hosts.add_all({"a.example": "127.64.0.1"})
    assert mounted == [tmp_path / "hosts"]
    assert mounted[0].read_text() == "127.0.0.1 localhost\n127.64.0.1 a.example\n"


PRIVATE = """\
import pathlib, socket, sys, tempfile
from conformance.targets.standalone import namespace
assert namespace.inside()
namespace.open_loopback()
before = pathlib.Path("/etc/hosts").read_text()
with tempfile.TemporaryDirectory() as folder:
    hosts = namespace.HostsFile(pathlib.Path(folder))
    hosts.add_all({"api.nimbus.example": "127.64.0.1"})
    with socket.create_server(("127.64.0.1", 443)), socket.create_server(("198.18.7.7", 443)):
        socket.create_connection(("api.nimbus.example", 443)).close()
        socket.create_connection(("198.18.7.7", 443)).close()
    hosts.close()
for address in ("10.9.8.7", "10.9.8.8", "198.18.7.7", "127.0.0.9"):
    namespace.take_address(address)
with socket.create_server(("10.9.8.7", 443)), socket.create_server(("10.9.8.8", 443)):
    socket.create_connection(("10.9.8.7", 443)).close()
assert pathlib.Path("/etc/hosts").read_text() == before
print("good")
"""


@pytest.mark.slow
@pytest.mark.skipif(decide({}) is None, reason="no network and mount namespaces can be made here")
def test_real_network() -> None:
    command = decide({})
    assert command is not None
    marker = ",".join(namespace._namespaces())
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", PRIVATE],
        env={**os.environ, MARKER: marker},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("good\n", "")
