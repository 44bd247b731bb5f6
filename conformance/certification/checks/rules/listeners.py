"""Checks of given Gateways as they stand: what the API refuses of them, and listeners that are never programmed."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

from conformance.certification.checks.model import Found, Sheet
from conformance.certification.checks.reading import items
from conformance.certification.checks.registry import reports
from conformance.core.yaml.located import FieldPath
from conformance.manifests.objects import Manifest
from conformance.manifests.schemas.admission import SchemaAdmission
from conformance.manifests.schemas.errors import AdmissionError, FieldError, Invalid
from conformance.manifests.schemas.kinds import kind_for

__all__ = ["UNTRIED"]

UNTRIED = frozenset({"gateway-refused", "listener-conflict"})
"""With such a Gateway nothing can be tried."""

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
# agentgateway v1.4.1, controller/pkg/deployer/values_helpers.go: metrics, readiness, administration.
_RESERVED = (15020, 15021, 15000)


@reports(
    listener_conflict=(
        "two listeners share a port and have different protocols, so that neither is programmed",
        "Gateway API, Listener: Conflicted, reason ProtocolConflict",
    ),
    gateway_refused=(
        "the API refuses the Gateway: listeners that clash, fields that go not together",
        "Gateway API",
    ),
    listener_without_tls=(
        "a listener of protocol HTTPS has no tls, so that it is not programmed",
        "Gateway API, ListenerTLSConfig; agentgateway: InvalidCertificateRef",
    ),
    listener_port_reserved=(
        "a listener has a port that agentgateway keeps for itself",
        "agentgateway v1.4.1, ErrListenerPortReserved",
    ),
)
def given_gateways(sheet: Sheet) -> Iterator[Found]:
    """As a person wrote it; what the test leaves out of it, to be sent requests in clear, is theirs all the same."""
    for gateway in sheet.gateways:
        manifest = gateway.origin.manifest if gateway.origin else None
        if manifest is None or manifest.made_up:
            continue
        refused = list(_refused(sheet.dialect, manifest))
        yield from refused
        if refused:
            continue  # the rest is told of what the API takes
        protocols: dict[object, object] = {}
        for index, listener in items(manifest.document.data, "spec", "listeners"):
            where = ("spec", "listeners", index)
            protocol, port = listener.get("protocol"), str(listener.get("port"))
            if (other := protocols.setdefault(port, protocol)) != protocol:
                message = f"port {port} is of protocol {other} already, and a port has one protocol"
                yield Found("listener-conflict", manifest, (*where, "protocol"), message, "give it a port of its own")
            if protocol == "HTTPS" and not listener.get("tls"):
                message, remedy = "HTTPS needs tls with a certificate", "add tls.certificateRefs with a Secret"
                yield Found("listener-without-tls", manifest, where, message, remedy)
            if sheet.dialect == "agentgateway-1" and listener.get("port") in _RESERVED:
                message = (
                    f"agentgateway has port {listener['port']} for itself: the listener is left out of its Service"
                )
                yield Found("listener-port-reserved", manifest, (*where, "port"), message, "take another port")


def _refused(dialect: str, manifest: Manifest) -> Iterator[Found]:
    kind = kind_for(manifest.api_version, manifest.kind)
    written = copy.deepcopy(manifest.document.data)
    if kind is None or not isinstance(written, dict):
        return
    written["metadata"] = {**manifest.data["metadata"]}
    try:
        SchemaAdmission(dialect).admit(kind, written, None)
    except Invalid as refused:
        for cause in {str(one): one for one in refused.causes}.values():
            yield Found("gateway-refused", manifest, _path(cause), cause.body, _remedy(cause))
    except AdmissionError as refused:
        yield Found("gateway-refused", manifest, ("spec",), str(refused), "write it as the API has it")


def _path(cause: FieldError) -> FieldPath:
    return tuple(int(index) if index else name for name, index in _PART.findall(cause.field)) or ("spec",)


def _remedy(cause: FieldError) -> str:
    if "unique" in cause.detail:
        return "give each listener a name, and a port, protocol and hostname, that no other has"
    return "write it as the API has it"
