"""Checks of the authorities that a policy or Backend trusts: the ConfigMaps of caCertificateRefs."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import texts
from conformance.certification.checks.registry import reports
from conformance.core.addresses import is_inside
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.model import Origin
from conformance.manifests.input.elsewhere import nearest_or_generated
from conformance.manifests.objects import Manifest, ObjectId

__all__: list[str] = []

_KEY = "ca.crt"
_BEGIN = "-----BEGIN CERTIFICATE-----"
_CA = "Gateway API, BackendTLSPolicy caCertificateRefs: ConfigMaps of its namespace with ca.crt"


@reports(
    ca_missing=("the ConfigMap with the authority's certificate is not in the input", _CA),
    ca_unusable=("caCertificateRefs lead to something that holds no certificate under ca.crt", _CA),
)
def authorities(sheet: Sheet) -> Iterator[Found]:
    """With an authority that cannot be had nothing is trusted; kgateway 2.1 falls back to plaintext."""
    for origin, namespace, group, kind, name in _references(sheet):
        if group or kind != "ConfigMap":
            message = f"refers to {kind} {name}; only ConfigMaps can be referred to"
            remedy = "put the certificate into a ConfigMap, under ca.crt"
            yield Found("ca-unusable", origin.manifest, (*origin.path, "kind"), message, remedy)
            continue
        config_map = sheet.configuration.config_maps.get(ObjectId("", "ConfigMap", namespace, name))
        if config_map is None:
            yield _missing(sheet, origin, namespace, name)
            continue
        if not config_map.made_up and (found := _content(config_map)) is not None:
            yield found


def _content(config_map: Manifest) -> Found | None:
    """What is wrong with a ConfigMap's ca.crt."""
    held = texts(config_map.data, "data")
    if _BEGIN in held.get(_KEY, ""):
        return None
    others = [name for name, text in held.items() if _BEGIN in text]
    if _KEY not in held and others:
        message = f"authorities are taken from {_KEY}; the ConfigMap has only {', '.join(held)}"
        return Found("ca-unusable", config_map, ("data", others[0]), message, f"name it {_KEY}")
    message = f"{_KEY} holds no certificate" if _KEY in held else f"required: {_KEY} with the authority's certificate"
    remedy = f"write the authority's certificate as PEM into {_KEY}"
    return Found("ca-unusable", config_map, ("data", _KEY), message, remedy)


def _references(sheet: Sheet) -> Iterator[tuple[Origin, str, str, str, str]]:
    """(field, namespace, group, kind, name) of every reference."""
    for policy in sheet.configuration.policies:
        for index, (group, kind, name) in enumerate(policy.ca_refs):
            yield policy.origin.below("validation", "caCertificateRefs", index), policy.id.namespace, group, kind, name
    for backend in sheet.configuration.backends:
        for tls in (backend.tls, *(llm.tls for llm in backend.providers)):
            for index, name in enumerate((tls.ca_refs or ()) if tls else ()):
                assert tls is not None
                yield tls.origin.below("caCertificateRefs", index), tls.namespace, "", "ConfigMap", name


def _missing(sheet: Sheet, origin: Origin, namespace: str, name: str) -> Found:
    where = (*origin.path, "name")
    given = sheet.configuration.config_maps
    if other := next((one for one in given if one.name == name), None):
        message = f"the ConfigMap {name} is in namespace {other.namespace}, and the reference means {namespace}"
        return Found("ca-missing", origin.manifest, where, message, f"put it into namespace {namespace}")
    if near := nearest_or_generated(name, [one.name for one in given if one.namespace == namespace]):
        message = f"there is no ConfigMap {name} in namespace {namespace}, but {near}"
        return Found("ca-missing", origin.manifest, where, message, f"refer to {near}")
    message = f"the ConfigMap {namespace}/{name} is not in the input"
    remedy = "give it, or see to it that it is in the cluster"
    return Found("ca-missing", origin.manifest, where, message, remedy, Severity.WARNING, assumed=True)


@reports(
    ca_of_ones_own=(
        "an authority of one's own is trusted for a vendor's public host, whose certificate is another's",
        "Gateway API, BackendTLSPolicy wellKnownCACertificates: System for public authorities",
    )
)
def ones_own(sheet: Sheet) -> Iterator[Found]:
    """Right where a proxy of one's own takes TLS apart on the way; then its name is mostly another, too."""
    for entry in sheet.entries:
        tls, vendor = entry.tls, entry.vendor
        if tls is None or vendor is None or tls.trust in ("system", None):
            continue
        if sheet.is_own(vendor) or is_inside(vendor.host):
            continue
        policy = tls.origin.manifest.kind == "BackendTLSPolicy"
        where = ("spec", "validation", "caCertificateRefs") if policy else (*_tls_path(tls.origin), "caCertificateRefs")
        message = f"the certificate of {vendor.host} is of a public authority, and only the given one is trusted"
        remedy = "trust the system's (wellKnownCACertificates: System), unless a proxy of your own stands in between"
        yield Found("ca-of-ones-own", tls.origin.manifest, where, message, remedy, Severity.WARNING)


def _tls_path(origin: Origin) -> FieldPath:
    """The Backend's own TLS, of which the origin may be a field."""
    return origin.path[: origin.path.index("tls") + 1] if "tls" in origin.path else origin.path
