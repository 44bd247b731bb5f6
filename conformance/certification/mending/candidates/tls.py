"""Candidates about TLS to the provider: the policy, its target, its names and authorities; the Backend's own TLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.mending.candidate import Candidate, adding, candidate, setting, taking
from conformance.certification.mending.candidates.provider import vendor_meant
from conformance.certification.mending.text.edits import Drop, Edit, Remove, Rename
from conformance.certification.mending.view import Entry, Item, View, change, entries_of, take
from conformance.core.addresses import is_address
from conformance.core.providers.shipped import provider_at
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.dialects import agentgateway_1
from conformance.manifests.dialects.gateway_api import GROUP

__all__ = ["tls"]

_VALIDATION = ("spec", "validation")


def tls(view: View) -> Iterator[Candidate]:
    """Everything that may be wrong with TLS to a provider, what weakens it last."""
    for policy in view.of("BackendTLSPolicy"):
        for backend in _meant(view, policy):
            yield from _targets(policy, backend)
        yield from _names(view, policy)
        yield from _authorities(view, policy)
    for entry in view.entries():
        yield from _own(view, entry)
    for backend in view.backends():
        yield from _missing(view, backend)
    yield from _endings(view)


def _meant(view: View, policy: Item) -> list[Item]:
    """The Backends that a policy may be meant for: those it names, and those that no policy names."""
    named = [one.get("name") for _, one in policy.maps("spec", "targetRefs")]
    others = [one for one in view.of("BackendTLSPolicy") if one is not policy]
    taken = [one.get("name") for other in others for _, one in other.maps("spec", "targetRefs")]
    own = [one for one in view.backends() if one.name in named]
    return own + [one for one in view.backends() if one.name not in taken and one not in own]


def _targets(policy: Item, backend: Item) -> Iterator[Candidate]:
    """Point a policy at a Backend, whatever of it was wrong; a policy's targets are in its own namespace."""
    wanted = {"name": backend.name, "kind": backend.kind, "group": backend.group}
    names = [entry.text("name") for entry in entries_of(backend)]
    targets = policy.maps("spec", "targetRefs")
    for path, target in targets:
        edits, after = list[Edit](), "name"
        for field, value in wanted.items():
            edits += change(policy, (*path, field), value, after)
            after = field
        if "sectionName" in target and target["sectionName"] not in names:
            edits.append(Remove(policy.spot.below(*path, "sectionName")))
        yield from candidate(f"Point {policy} at {backend}", edits)
        for entry in entries_of(backend) if target.get("kind") == "Service" else ():
            port = entry.get("custom", "backendRef", "port")
            if port and entry.text("custom", "backendRef", "name") == target.get("name"):
                why = f"{backend} sends to that port"
                yield from setting(policy, (*path, "sectionName"), str(port), after="name", why=why)
        for name in names if "sectionName" in target and target.get("name") == backend.name else ():
            if name:
                yield from setting(policy, (*path, "sectionName"), name)
    if not targets:
        yield from candidate(f"Point {policy} at {backend}", change(policy, ("spec", "targetRefs"), [wanted]))
    if policy.namespace != backend.namespace:
        path = ("metadata", "namespace")
        yield from setting(policy, path, backend.namespace, after="name", why=f"that of {backend}, its target")


def _external_name(view: View, host: str) -> str:
    """The name that a Service of type ExternalName stands for, where the host is such a one."""
    for one in view.items:
        if one.kind == "Service" and f"{host}.".startswith(f"{one.name}.{one.namespace}.svc."):
            return one.text("spec", "externalName")
    return ""


def _names(view: View, policy: Item) -> Iterator[Candidate]:
    targets = [one.get("name") for _, one in policy.maps("spec", "targetRefs")]
    entries = list(view.entries())
    for entry in [one for one in entries if one.item.name in targets] or entries:
        hosts = [meant.host] if (meant := vendor_meant(view, entry)) else []
        for host in dict.fromkeys([*hosts, _external_name(view, entry.host), entry.host]):
            if not host:
                continue
            doubt = 0 if entry.item.name in targets else 1
            why = f"the host of {entry.item}"
            yield from setting(policy, (*_VALIDATION, "hostname"), host, why=why, doubt=doubt)
        if entry.host:
            yield from _alternatives(policy, entry, doubt=0 if entry.item.name in targets else 1)


def _alternatives(policy: Item, entry: Entry, *, doubt: int) -> Iterator[Candidate]:
    """The Backend's host in place of a name that is verified in place of the server's."""
    for path, one in policy.maps(*_VALIDATION, "subjectAltNames"):
        edits = change(policy, (*path, "type"), "Hostname") + change(policy, (*path, "hostname"), entry.host, "type")
        uri = take(policy, (*path, "uri")) if "uri" in one else []
        title = f"Set {dotted(path)} of {policy} to {entry.host}: the host of {entry.item}"
        yield from candidate(title, [*edits, *uri], doubt=doubt)


def _authorities(view: View, policy: Item) -> Iterator[Candidate]:
    refs = policy.maps(*_VALIDATION, "caCertificateRefs")
    well_known = (*_VALIDATION, "wellKnownCACertificates")
    if not refs:
        yield from setting(policy, well_known, "System", after="hostname", why="the authorities that browsers trust")
    elif policy.get(*well_known) is not None:
        yield from taking(policy, well_known, why="caCertificateRefs name the authorities")
        if _public(policy.text(*_VALIDATION, "hostname")):
            yield from taking(policy, (*_VALIDATION, "caCertificateRefs"), doubt=2)
    yield from _config_maps(view, policy, refs)
    if refs and policy.get(*well_known) is None and _public(policy.text(*_VALIDATION, "hostname")):
        spot = policy.spot.below(*_VALIDATION, "caCertificateRefs")
        edits = [*change(policy, well_known, "System", "hostname"), Remove(spot)]
        yield from candidate(f"Let {policy} trust the system's authorities in place of those it names", edits, doubt=2)


def _config_maps(view: View, policy: Item, refs: list[tuple[FieldPath, Mapping[str, Any]]]) -> Iterator[Candidate]:
    """References to authorities that lead to none; they are in ConfigMaps of the policy's namespace, as ca.crt."""
    maps = [one for one in view.of("ConfigMap") if one.name]
    for path, ref in refs:
        usable = [one for one in maps if one.get("data", "ca.crt") and one.namespace == policy.namespace]
        if ref.get("kind") == "ConfigMap" and not ref.get("group") and ref.get("name") in [one.name for one in usable]:
            continue
        for one in maps:
            edits: list[Edit] = []
            for field, value in (("group", ""), ("kind", "ConfigMap"), ("name", one.name)):
                edits += change(policy, (*path, field), value)
            if one.namespace == policy.namespace:
                yield from candidate(f"Let {policy} trust the authorities in {one}", edits)
            else:
                yield from setting(one, ("metadata", "namespace"), policy.namespace, why=f"that of {policy}", doubt=1)
    for one in maps:
        yield from _certificate_key(one)


def _public(host: str) -> bool:
    """Whether a host is a known vendor's, whose certificate the system's authorities vouch for."""
    return provider_at(host) is not None  # a person's own facts do not say whose certificate it is


def _certificate_key(config_map: Item) -> Iterator[Candidate]:
    values = config_map.get("data")
    if isinstance(values, dict) and "ca.crt" not in values:
        for name, value in values.items():
            if isinstance(value, str) and "BEGIN CERTIFICATE" in value:
                title = f"Rename data.{name} of {config_map} to ca.crt"
                yield from candidate(title, [Rename(config_map.spot.below("data", name), "ca.crt")])


def _own(view: View, entry: Entry) -> Iterator[Candidate]:
    """TLS that a Backend itself asks for (agentgateway 1.x)."""
    item, own = entry.item, (*entry.owner, "policies", "tls")
    if view.dialect.NAME != agentgateway_1.NAME:
        return
    meant = vendor_meant(view, entry)
    host = meant.host if meant else entry.host
    if item.get(*own) is None:
        single = entry.owner == ("spec",) and len(list(entries_of(item))) == 1
        value = {"sni": host} if single and host and not is_address(host) else {}
        yield from candidate(f"Let {item} reach its provider by TLS", change(item, own, value))
        return
    if item.get(*own, "sni") is not None and host:
        yield from setting(item, (*own, "sni"), host, why=f"the host of {item}")
    names = item.get(*own, "verifySubjectAltNames")
    for number, _ in enumerate(names if isinstance(names, list) else ()):
        if host:
            yield from setting(item, (*own, "verifySubjectAltNames", number), host, why=f"the host of {item}")
    yield from taking(item, (*own, "insecureSkipVerify"), why="the certificate is verified then", doubt=1)
    for path, _ in item.maps(*own, "caCertificateRefs"):
        for one in view.of("ConfigMap"):
            if one.namespace == item.namespace:
                yield from setting(item, (*path, "name"), one.name)
            else:
                yield from setting(one, ("metadata", "namespace"), item.namespace, why=f"that of {item}", doubt=1)
    if item.maps(*own, "caCertificateRefs") and _public(entry.host):
        title = f"Let {item} trust the system's authorities in place of those it names"
        yield from candidate(title, [Remove(item.spot.below(*own, "caCertificateRefs"))], doubt=2)


def _missing(view: View, backend: Item) -> Iterator[Candidate]:
    """A policy for providers without one, where the Backend does not ask for TLS itself."""
    sections = [
        one.get("sectionName")
        for policy in view.of("BackendTLSPolicy")
        for _, one in policy.maps("spec", "targetRefs")
        if (policy.namespace, one.get("name")) == (backend.namespace, backend.name)
    ]
    if backend.get("spec", "policies", "tls") is not None or None in sections or not backend.name:
        return
    entries = [one for one in entries_of(backend) if one.text("name") not in sections and _wants_tls(view, one)]
    hosts = [(meant.host if (meant := vendor_meant(view, one)) else one.host) for one in entries]
    if not hosts or any(map(is_address, hosts)):
        return  # GW PreciseHostname: a policy verifies names only
    documents = [_policy(view, backend, None, hosts[0])]
    if sections or len(set(hosts)) > 1:
        documents = [_policy(view, backend, one.text("name"), host) for one, host in zip(entries, hosts, strict=True)]
    what = "the missing BackendTLSPolicy" if len(documents) == 1 else "the missing BackendTLSPolicies"
    title = f"Add {what} for {backend}: without it the gateway speaks plaintext"
    yield from candidate(title, [adding(view, backend, one) for one in documents])


def _wants_tls(view: View, entry: Entry) -> bool:
    """Whether a provider entry has no TLS of its own, and its provider speaks TLS."""
    vendor = vendor_meant(view, entry)
    plaintext = entry.get("port") == 80 if vendor is None else not vendor.tls
    return bool(entry.host) and not plaintext and entry.get("policies", "tls") is None


def _policy(view: View, backend: Item, section: str | None, host: str) -> dict[str, Any]:
    taken = {one.name for one in view.of("BackendTLSPolicy") if one.namespace == backend.namespace}
    base = f"{backend.name}-{section}-tls" if section else f"{backend.name}-tls"
    name = next(one for number in range(len(taken) + 1) if (one := f"{base}-{number}" if number else base) not in taken)
    metadata = {"name": name}
    if backend.text("metadata", "namespace"):
        metadata["namespace"] = backend.namespace
    target = {"group": backend.group, "kind": backend.kind, "name": backend.name}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "BackendTLSPolicy",
        "metadata": metadata,
        "spec": {
            "targetRefs": [{**target, "sectionName": section} if section else target],
            "validation": {"hostname": host, "wellKnownCACertificates": "System"},
        },
    }


def _endings(view: View) -> Iterator[Candidate]:
    """The end of TLS, for a provider that speaks plaintext. The search calls it what it is."""
    for policy in view.of("BackendTLSPolicy"):
        whole: Edit = Drop(policy.spot) if not policy.spot.path else Remove(policy.spot)
        yield from candidate(f"Remove {policy}", [whole], doubt=3)
    for entry in view.entries():
        own = (*entry.owner, "policies", "tls")
        yield from taking(entry.item, own, doubt=3)
