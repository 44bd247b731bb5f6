"""Checks of hosts inside a cluster: against the Services of the input, and against what public authorities certify."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.checks.in_cluster import HOST, Place, place_of
from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.needs import is_host
from conformance.certification.checks.reading import dig, items, nearest
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.server_names import speaks_plaintext
from conformance.core.addresses import is_address, is_inside
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.model import ways_to
from conformance.manifests.objects import Manifest

__all__ = ["service_of"]

_DNS = "Kubernetes, DNS for Services: NAME.NAMESPACE.svc"
_ALIKE = 0.75


@reports(
    service_missing=("the host is that of a Service which is not in the input, beside one that is much like it", _DNS),
    service_port=("the port is none of the Service's", "Kubernetes, ServiceSpec ports"),
)
def in_cluster_hosts(sheet: Sheet) -> Iterator[Found]:
    """Only what the input shows: where it holds no Service like it, the host may be anybody's."""
    used = {place for entry in sheet.entries if (place := place_of(entry.llm.host))}
    for entry in sheet.entries:
        place = place_of(entry.llm.host)
        if place is None or not sheet.services:
            continue
        service = service_of(sheet, entry.llm.host)
        if service is None:
            yield from _missing(sheet, entry, place, used)
        elif entry.llm.port is not None and not _has_port(service, entry.llm.port):
            yield _other_port(entry, service, entry.llm.port)


@reports(
    host_of_the_gateway=(
        "the host is localhost or an address of that kind, which is the gateway itself wherever it runs",
        "RFC 6761, 6.3; RFC 1122, 3.2.1.3",
    ),
    host_without_namespace=(
        "the host is a Service's name alone, which is looked up in the gateway's namespace and not in the Backend's",
        _DNS,
    ),
)
def looked_up_by_the_gateway(sheet: Sheet) -> Iterator[Found]:
    """Warnings: something may run beside the gateway, and a Service of that name where it runs."""
    for entry in sheet.entries:
        host, where = (entry.llm.host or "").lower().rstrip("."), (*entry.path, "host")
        if not host or _reference(entry):
            continue
        if host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback):
            message = f"{host} is the gateway itself, wherever it runs, and not the machine that this is written on"
            remedy = "name the Service, as NAME.NAMESPACE.svc.cluster.local; nothing is to be done for a sidecar of it"
            yield Found("host-of-the-gateway", entry.manifest, where, message, remedy, Severity.WARNING)
        elif "." not in host and is_host(host):
            own = entry.manifest.namespace
            ways = ways_to(sheet.configuration.routes, entry.backend.id)
            there = sorted({one.namespace for route, _ in ways for one in route.parents} - {own})
            if any((one, host) not in sheet.services for one in there):
                message = f"{host} is looked up where the gateway runs, in {there[0]}, and the Backend is in {own}"
                remedy = f"write {host}.{own}.svc.cluster.local, if the Service is there"
                yield Found("host-without-namespace", entry.manifest, where, message, remedy, Severity.WARNING)


def service_of(sheet: Sheet, host: str | None) -> Manifest | None:
    """The Service of the input whose name inside the cluster a host is."""
    return sheet.services.get(place) if (place := place_of(host)) else None


def _has_port(service: Manifest, port: int) -> bool:
    """Whether something listens there, as far as the Service says."""
    ports = [one for _, one in items(service.spec, "ports")]
    if service.spec.get("type") == "ExternalName" or not ports:
        return True
    if service.spec.get("clusterIP") != "None":
        return any(one.get("port") == port for one in ports)
    # The name of a headless one leads to its Pods themselves, and what a named port is only they know.
    targets = [one.get("targetPort", one.get("port")) for one in ports]
    return port in targets or any(isinstance(one, str) for one in targets)


def _missing(sheet: Sheet, entry: Entry, place: Place, used: set[Place]) -> Iterator[Found]:
    namespace, name = place
    unused: Mapping[Place, Any] = {one: None for one in sheet.services if one not in used}
    here = nearest(name, [one for where, one in unused if where == namespace], _ALIKE)
    there = nearest(namespace, [where for where, one in unused if one == name], _ALIKE)
    if here is None and there is None:
        return
    right = (namespace, here) if here else (there or namespace, name)
    was = HOST.fullmatch((entry.llm.host or "").lower().rstrip("."))
    host = f"{right[1]}.{right[0]}.svc{(was and was['domain']) or ''}"
    message = f"the input has no Service {namespace}/{name}, but {right[0]}/{right[1]}, to which nothing else leads"
    if field := _reference(entry):
        remedy = (
            f"set name to {right[1]}" if right[0] == entry.manifest.namespace else f"put {right[1]} beside the Backend"
        )
        yield Found("service-missing", entry.manifest, (*field, "name"), message, remedy)
        return
    yield Found("service-missing", entry.manifest, (*entry.path, "host"), message, f"set host to {host}")


def _reference(entry: Entry) -> FieldPath | None:
    """The backendRef that a custom provider has in place of host and port."""
    field = (*entry.path, "custom", "backendRef")
    return field if dig(entry.manifest.data, *field) else None


def _other_port(entry: Entry, service: Manifest, port: int) -> Found:
    ports = [one for _, one in items(service.spec, "ports")]
    meant = [one.get("port") for one in ports if one.get("targetPort") == port] or [one.get("port") for one in ports]
    headless = service.spec.get("clusterIP") == "None"
    if headless:
        meant = [one.get("targetPort", one.get("port")) for one in ports]
    has = ", ".join(map(str, meant))
    what = "its Pods', for it is headless," if headless else "the Service's"
    message = f"{service.id} has no port {port}: {what} is {has}"
    severity = Severity.WARNING if headless else Severity.ERROR
    where = (*(_reference(entry) or entry.path), "port")
    return Found("service-port", entry.manifest, where, message, f"set port to {meant[0]}", severity)


@reports(
    public_authority_in_cluster=(
        "a name inside a cluster or a private network is verified by public authorities, which certify none such",
        "CA/Browser Forum, Baseline Requirements 4.2.2: no certificates for internal names",
    )
)
def public_authority(sheet: Sheet) -> Iterator[Found]:
    """A warning: an image may have been given an authority of one's own."""
    for entry in sheet.entries:
        tls = entry.tls
        if tls is None or tls.trust != "system" or tls.unverified or speaks_plaintext(entry):
            continue
        if entry.reached != entry.llm.host:
            continue  # the name is wrong, and that is told by itself
        if not all(is_host(name) and is_inside(name) and not is_address(name) for name in tls.verify):
            continue
        message = f"no public authority certifies {tls.verify[0]}, and only those of the gateway's system are trusted"
        remedy = "name the ConfigMap with the authority that signed its certificate in caCertificateRefs"
        origin = tls.origin
        yield Found("public-authority-in-cluster", origin.manifest, origin.path, message, remedy, Severity.WARNING)
