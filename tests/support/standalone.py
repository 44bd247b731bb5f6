"""A stand-in for the agentgateway binary: it reads its file as the real one does, and answers the probe by it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

_FAKE = """\
#!{python} -IS
import json, pathlib, re, socket, sys
mode, version = {mode!r}, {version!r}
if sys.argv[1] == "--version":
    print(json.dumps({{"version": version}}) if version else "no idea")
    sys.exit()
file = pathlib.Path(sys.argv[2])
generation = lambda: re.findall(r"body: '(\\d+)'", file.read_text())[-1]
if mode == "dies":
    print("Error: it is not my day")
    sys.exit(3)
server = socket.create_server(("127.0.0.1", int(re.findall(r"port: (\\d+)", file.read_text())[-1])))
print("key sk-fake-Zirrus-4711, listening", flush=True)
first, overlooked = generation(), None
while True:
    client, _ = server.accept()
    client.recv(4096)
    body = generation()
    if mode == "refuses" and body != first:
        print("Failed to reload config: unknown field", flush=True)
        body = first
    if mode == "dozes" and body != first:
        # As 1.4.1 does at times, it overlooks the first replacement; another one wakes it.
        overlooked = overlooked or file.stat().st_ino
        body = first if overlooked == file.stat().st_ino else body
    if mode == "chatters":
        print("info\\trequest gateway=default/default route=default/generation src=x", flush=True)
        if body != first:
            print("loaded config", flush=True)
            first = body
    client.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n" + body.encode())
    client.close()
"""


def fake(folder: Path, *, mode: str = "reads", version: str = "1.4.1") -> str:
    """The path of a stand-in. Modes: reads, dies, refuses (another configuration than its first), dozes
    (does not notice the first replacement of its file), chatters (logs each request)."""
    path = folder / f"agentgateway-{mode}"
    path.write_text(_FAKE.format(python=sys.executable, mode=mode, version=version), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


REAL = os.environ.get("AGENTGATEWAY_BIN") or shutil.which("agentgateway")
needs_binary = pytest.mark.skipif(
    REAL is None,
    reason="set AGENTGATEWAY_BIN, or put agentgateway on PATH, to run this with the real binary",
)
