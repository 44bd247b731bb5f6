"""The controller: follows the objects, writes their statuses, and keeps the gateway configured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from conformance.manifests.schemas.kinds import EVENT, Kind
from conformance.targets.reference.controller.flavours import KGATEWAY, Flavour
from conformance.targets.reference.controller.remembered import Memory
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER, ControllerSeams
from conformance.targets.reference.controller.translate import translate
from conformance.targets.reference.controller.view import Objects
from conformance.targets.reference.gateway.config import GatewayConfig

__all__ = ["Controller", "ObjectStore"]

_QUIET = 0.005
"""Seconds without a change after which changes are reconciled: applying a batch is one change, not hundreds."""
_LONGEST = 0.25
"""Seconds after which a change is reconciled though others keep coming."""
_SHARE = 2
"""How much longer than the last reconcile is waited at the most: of many objects, put one by one, most of the time must
be left to those who put them."""


class _Change(Protocol):
    @property
    def kind(self) -> Kind: ...


class ObjectStore(Objects, Protocol):
    """The store, as far as the controller needs it; `kubeapi.store.Store` is one."""

    def set_status(self, kind: Kind, namespace: str | None, name: str, status: dict[str, Any]) -> bool: ...
    def subscribe(self, callback: Callable[[Any], None]) -> Callable[[], None]: ...


class Controller:
    """Runs on one event loop. A change is reconciled once it is quiet for a moment, together with all until then.

    `apply` gets a configuration when it differs from the last one. `address` is where the gateway is reached.
    """

    def __init__(
        self,
        store: ObjectStore,
        apply: Callable[[GatewayConfig], None],
        *,
        seams: ControllerSeams = REFERENCE_CONTROLLER,
        flavour: Flavour = KGATEWAY,
        address: str = "127.0.0.1",
        stamp: Callable[[], str] | None = None,
    ) -> None:
        self._store = store
        self._apply = apply
        self._seams = seams
        self._flavour = flavour
        self._address = address
        self._stamp = stamp or _now
        self._unsubscribe: Callable[[], None] | None = None
        self._due: asyncio.Handle | None = None
        self._idle = asyncio.Event()
        self._writing = False
        self._since = 0.0
        self._took = 0.0
        self._applied: GatewayConfig | None = None
        # A defect may depend on what it has seen before, whatever stands there now.
        self._memory = Memory() if seams is REFERENCE_CONTROLLER else None
        self.reconciles = 0

    async def start(self) -> None:
        """Reconcile what is there, and follow every change from now on."""
        if self._unsubscribe is None:
            self._unsubscribe = self._store.subscribe(self._changed)
            self.reconcile()

    async def stop(self) -> None:
        """Follow no longer."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._due is not None:
            self._due.cancel()
            self._due = None
            self._idle.set()

    async def settle(self) -> None:
        """Wait until every change so far has been reconciled."""
        while self._due is not None:
            await self._idle.wait()

    def reconcile(self) -> None:
        """Translate everything now: write the statuses that differ, hand over the configuration when it does."""
        self.reconciles += 1
        translation = translate(self._store, self._seams, self._flavour, self._stamp, self._address, self._memory)
        # The gateway first: whoever waits for a status may send at once.
        if translation.config != self._applied:
            self._applied = translation.config
            self._apply(translation.config)
        self._writing = True
        try:
            for one in translation.statuses:
                metadata = one.object["metadata"]
                status = self._seams.reported(one.kind, one.object, one.status)
                if status != one.object.get("status"):
                    self._store.set_status(one.kind, metadata.get("namespace"), metadata["name"], status)
        finally:
            self._writing = False

    def _changed(self, change: _Change) -> None:
        # Our own statuses are no news, nor are events about anything.
        if self._writing or change.kind is EVENT:
            return
        loop = asyncio.get_running_loop()
        if self._due is None:
            self._since = loop.time()
            self._idle.clear()
        elif loop.time() - self._since > max(_LONGEST, _SHARE * self._took):
            return
        else:
            self._due.cancel()
        # Who puts many objects one by one leaves gaps as long as a request.
        self._due = loop.call_later(max(_QUIET, min(self._took / 4, _LONGEST)), self._on_time)

    def _on_time(self) -> None:
        self._due = None
        began = time.perf_counter()
        try:
            self.reconcile()
        finally:
            self._took = time.perf_counter() - began
            # A change that came meanwhile has the next reconcile due already.
            if self._due is None:
                self._idle.set()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
