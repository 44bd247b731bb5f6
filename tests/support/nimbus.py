"""Manifests of a provider that nobody has heard of, and ways to run the command on them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.manifests.objects import ManifestSet, read_manifests
from conformance.manifests.secrets import substitute
from tests.support.hangs import HANGS
from tests.support.paths import ROOT

KEY = "nk-Zirrus-4711-geheim"

NIMBUS = """\
apiVersion: v1
kind: Secret
metadata:
  name: nimbus-key
  namespace: llm
type: Opaque
stringData:
  Authorization: $NIMBUS_API_KEY
---
apiVersion: gateway.kgateway.dev/v1alpha1
kind: Backend
metadata:
  name: nimbus
  namespace: llm
spec:
  type: AI
  ai:
    llm:
      openai:
        authToken:
          kind: SecretRef
          secretRef:
            name: nimbus-key
        model: cumulus-2-chat
      authHeader:
        headerName: x-nimbus-token
        prefix: Nimbus
      host: llm.nimbus.example
      port: 8443
      path:
        full: /api/v3/chat/completions
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: nimbus
  namespace: llm
spec:
  parentRefs:
  - name: agentgateway
    namespace: kgateway-system
  rules:
  - matches:
    - path:
        type: PathPrefix
        value: /nimbus
    backendRefs:
    - name: nimbus
      group: gateway.kgateway.dev
      kind: Backend
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata:
  name: nimbus-tls
  namespace: llm
spec:
  targetRefs:
  - name: nimbus
    kind: Backend
    group: gateway.kgateway.dev
  validation:
    hostname: llm.nimbus.example
    wellKnownCACertificates: System
"""


def edited(*changes: tuple[str, str]) -> str:
    """The manifests with texts replaced, each of which must be there."""
    text = NIMBUS
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def nimbus(*changes: tuple[str, str]) -> ManifestSet:
    """The manifests as objects, the key filled in."""
    manifests = ManifestSet(read_manifests(edited(*changes), "nimbus.yaml"))
    substitute(manifests, {"NIMBUS_API_KEY": KEY})
    return manifests


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run the command within this process; its exit code and all that it printed."""
    capsys.readouterr()
    try:
        code = main(arguments)
    except SystemExit as leaving:  # argparse's way of ending
        code = int(leaving.code or 0)
    printed = capsys.readouterr()
    return code, printed.out + printed.err


class Process:
    """The command in a process, a working folder and a temporary folder of its own."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        variables = {
            **os.environ,
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "NIMBUS_API_KEY": KEY,
            **environment,
        }
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "conformance", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=variables,
            text=True,
            start_new_session=True,
        )

    def end(self, text: str | None = None, *, seconds: float = HANGS) -> tuple[int, str]:
        """Its exit code and output; what it left in its temporary folder is a failure."""
        try:
            printed, _ = self.popen.communicate(text, timeout=seconds)
        finally:
            if self.popen.poll() is None:
                self.popen.kill()
                self.popen.communicate()
        assert [path.name for path in self.temporary.iterdir()] == []
        return self.popen.returncode, printed
