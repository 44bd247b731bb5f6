"""Lookalikes in a pod: from the repository's image, told and read over a port-forward."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

from kubernetes.client import ApiClient

from conformance.core.problems import SetupProblem
from conformance.core.redaction import Key
from conformance.stage.arrangement.kube import Kubernetes
from conformance.targets.clustered.authority import AUTHORITY_KEY, AUTHORITY_SECRET
from conformance.targets.clustered.pods import LOAD, rolled_out
from conformance.targets.clustered.port_forward import PortForward
from conformance.version import __version__
from mock_providers.identities import Authority
from mock_providers.remote.client import RemoteLookalikes

__all__ = ["NAME", "deployment", "lookalikes_in_pod", "put_authority"]

NAME = "lookalikes"

_TOKEN_SECRET, _TOKEN_KEY = "lookalikes-token", "token"
_CONTROL_PORT, _DNS_PORT = 9000, 5353
_LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "agw-conformance"}


@contextlib.asynccontextmanager
async def lookalikes_in_pod(
    kubernetes: Kubernetes,
    client: ApiClient,
    namespace: str,
    authority: Authority,
    image: str,
    *,
    missing: str = LOAD,
) -> AsyncIterator[RemoteLookalikes]:
    """Lookalikes of this namespace, ready; the authority is the one that `kept_authority` has put there.

    The pod stays: a kept cluster has it for the next run, and whoever removes the namespace removes it.
    Raises SetupProblem when it does not come up; `missing` says what to do where the cluster does not have the image.
    """
    token = await _token(kubernetes, namespace)
    # Another version of the suite, or another secret, wants another pod, though image and names are the same.
    state = "\n".join([__version__, token.reveal(), authority.store()])
    await kubernetes.apply(deployment(namespace, image, hashlib.sha256(state.encode()).hexdigest()))
    await rolled_out(kubernetes, namespace, NAME, what="the lookalikes' pod", missing=missing)
    forward = PortForward(client, namespace, await _pod(kubernetes, namespace), _CONTROL_PORT)
    await forward.start()
    try:
        lookalikes = RemoteLookalikes("http://{}:{}".format(*forward.address), token)
        await lookalikes.start()
        try:
            yield lookalikes
        finally:
            # A pod that is gone has no lookalikes to take away.
            with contextlib.suppress(SetupProblem):
                await lookalikes.stop()
    finally:
        await forward.stop()


async def put_authority(kubernetes: Kubernetes, namespace: str, authority: Authority) -> None:
    """Put an authority where the pod finds it; for who does not keep one with `kept_authority`."""
    metadata = {"name": AUTHORITY_SECRET, "namespace": namespace}
    data = {AUTHORITY_KEY: base64.b64encode(authority.store().encode()).decode()}
    await kubernetes.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})


async def _token(kubernetes: Kubernetes, namespace: str) -> Key:
    """The token of the pod that stands there, or a new one."""
    found = await kubernetes.get("v1", "Secret", namespace, _TOKEN_SECRET) or {}
    try:
        value = base64.b64decode(found["data"][_TOKEN_KEY]).decode()
    except (KeyError, TypeError, ValueError):
        value = secrets.token_urlsafe(24)
    token = Key("control-token", value)
    metadata = {"name": _TOKEN_SECRET, "namespace": namespace}
    encoded = base64.b64encode(token.reveal().encode()).decode()
    await kubernetes.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {_TOKEN_KEY: encoded}})
    return token


async def _pod(kubernetes: Kubernetes, namespace: str) -> str:
    for pod in await kubernetes.list("v1", "Pod", namespace):
        metadata, status = pod["metadata"], pod.get("status") or {}
        mine = (metadata.get("labels") or {}).get("app.kubernetes.io/name") == NAME
        if mine and status.get("phase") == "Running" and "deletionTimestamp" not in metadata:
            return str(metadata["name"])
    raise SetupProblem("the lookalikes' pod is gone", remedy="start the run again")


def deployment(namespace: str, image: str, state: str) -> dict[str, Any]:
    """One pod, with no right at all; another `state` replaces it.

    Its control listens on the pod's own loopback: only a port-forward leads there, which the API endpoint grants.
    """
    arguments = ["--bind", "$(POD_IP)", "--control-port", str(_CONTROL_PORT), "--dns-port", str(_DNS_PORT)]
    arguments += ["--token-file", f"/run/lookalikes/{_TOKEN_KEY}"]
    arguments += ["--authority-file", f"/run/lookalikes/{AUTHORITY_KEY}"]
    container = {
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-m", "mock_providers", "control"],
        "args": arguments,
        "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        "ports": [{"name": "dns-tcp", "containerPort": _DNS_PORT, "protocol": "TCP"}],
        # The name server is the last that comes up.
        "readinessProbe": {"tcpSocket": {"port": _DNS_PORT}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"memory": "1Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "secrets", "mountPath": "/run/lookalikes", "readOnly": True}],
    }
    sources = [{"secret": {"name": one}} for one in (_TOKEN_SECRET, AUTHORITY_SECRET)]
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 5,
        "securityContext": {
            "runAsNonRoot": True,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "secrets", "projected": {"defaultMode": 0o440, "sources": sources}}],
    }
    template = {"metadata": {"labels": _LABELS, "annotations": {"agw-conformance/state": state}}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": namespace, "labels": _LABELS},
        "spec": {
            "replicas": 1,
            # Never two at a time: a journal is one pod's.
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app.kubernetes.io/name": NAME}},
            "template": template,
        },
    }
