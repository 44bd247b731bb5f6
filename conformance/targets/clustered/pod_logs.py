"""Follows the logs of a gateway's pods, line by line, from threads of its own."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import urllib3
from kubernetes.client import ApiClient, CoreV1Api
from kubernetes.client.exceptions import ApiException

from conformance.core.problems import SetupProblem
from conformance.core.redaction import excerpt

__all__ = ["PodLogs", "last_words"]

_TELLING = re.compile(r"error|fatal|panic|cannot|failed", re.IGNORECASE)


def last_words(client: ApiClient, namespace: str, pod: str, container: str) -> str:
    """The line with which a container that ended said why, redacted; empty when it cannot be had."""
    try:
        log = CoreV1Api(client).read_namespaced_pod_log(
            pod, namespace, container=container, previous=True, tail_lines=20, _preload_content=False
        )
    except (ApiException, urllib3.exceptions.HTTPError):
        return ""
    lines = [line.strip() for line in log.data.decode(errors="replace").splitlines() if line.strip()]
    # Some programs explain their options after they have said what is wrong.
    telling = [line for line in lines if _TELLING.search(line)]
    return excerpt((telling or lines or [""])[-1], 300)


class PodLogs:
    """The logs of all pods that a label selects; `add` gets each line, from another thread."""

    def __init__(self, client: ApiClient, namespace: str, selector: str, add: Callable[[str], None]) -> None:
        self._core = CoreV1Api(client)
        self._namespace = namespace
        self._selector = selector
        self._add = add
        self._streams: dict[str, Any] = {}
        self._threads: list[threading.Thread] = []

    def follow(self) -> None:
        """Follow every pod that is not followed yet; call it again after a restart. Raises SetupProblem."""
        try:
            pods = self._core.list_namespaced_pod(self._namespace, label_selector=self._selector).items
            for pod in pods:
                if pod.metadata.name not in self._streams:
                    self._follow(pod.metadata.name)
        except (ApiException, urllib3.exceptions.HTTPError) as error:
            raise SetupProblem(f"the gateway's log cannot be read: {' '.join(str(error).split())}") from error

    def _follow(self, pod: str) -> None:
        stream = self._core.read_namespaced_pod_log(pod, self._namespace, follow=True, _preload_content=False)
        self._streams[pod] = stream
        thread = threading.Thread(target=self._read, args=(stream,), name=f"log of {pod}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _read(self, stream: Any) -> None:
        rest = b""
        try:
            for piece in stream.stream(4096, decode_content=False):
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    self._add(line.decode(errors="replace"))
        except urllib3.exceptions.HTTPError:
            # The pod is gone, or `close` was called.
            return

    def close(self) -> None:
        """Follow no longer; harmless when repeated."""
        for stream in self._streams.values():
            if not stream.closed:
                stream.shutdown()
        for thread in self._threads:
            thread.join()
        for stream in self._streams.values():
            stream.close()
        self._streams.clear()
        self._threads.clear()
