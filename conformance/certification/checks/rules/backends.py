"""Checks of a provider entry: what it is, its host, its port, its model."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.needs import PLAIN_PORT, is_host
from conformance.certification.checks.reading import nearest
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.models import without_provider
from conformance.certification.checks.rules.placeholders import is_variable
from conformance.certification.checks.rules.services import service_of
from conformance.core.credentials import VENDOR_KEY
from conformance.core.yaml.located import FieldPath
from conformance.exchange.oracle.upstream import DEFAULT_HOST
from conformance.manifests.objects import BACKEND
from conformance.manifests.remedies import indent_less

__all__ = ["bare_host", "host_and_port", "host_under_openai"]

_ALIKE = 0.88
_MOST_MODELS = 5
_API = "kgateway API, LLMProvider; agentgateway API, LLMProvider"


@reports(
    host_under_openai=(
        "host, port, path or other fields of the provider entry stand under openai, where they count for nothing",
        f"{_API}; agentgateway#1712",
    )
)
def host_under_openai(sheet: Sheet) -> Iterator[Found]:
    """Fields indented one level too deep are pruned, or refused: the request goes to the default host."""
    for entry in sheet.entries:
        misplaced = sheet.api.misplaced_fields(entry.llm)
        for name in misplaced[:1]:
            went = f": requests go to {DEFAULT_HOST}" if "host" in misplaced and not entry.llm.host else ""
            yield Found(
                "host-under-openai",
                entry.manifest,
                (*entry.path, entry.llm.provider, name),
                f"what stands under {entry.llm.provider} counts for nothing there ({', '.join(misplaced)}){went}",
                indent_less(misplaced, entry.llm.provider),
            )


@reports(
    host_without_port=("host is set and port is not", f"{_API}: both host and port must be set together"),
    port_without_host=("port is set and host is not", f"{_API}: both host and port must be set together"),
)
def host_and_port(sheet: Sheet) -> Iterator[Found]:
    """The API refuses one without the other."""
    for entry in sheet.entries:
        host, port = entry.data.get("host"), entry.data.get("port")
        misplaced = sheet.api.misplaced_fields(entry.llm)
        if host is not None and port is None and "port" not in misplaced:
            wanted = entry.vendor.port if entry.vendor else 443
            message = f"host {host} is set without port: both must be set together"
            yield Found("host-without-port", entry.manifest, (*entry.path, "port"), message, f"add port: {wanted}")
        if port is not None and host is None and "host" not in misplaced:
            message = f"port {port} is set without host: both must be set together"
            remedy = f"add the provider's host; without both, requests go to {DEFAULT_HOST}:443"
            yield Found("port-without-host", entry.manifest, (*entry.path, "host"), message, remedy)


@reports(
    host_not_a_name=("host holds a scheme, port, path or other things that are no part of a host name", _API),
    port_unlike_vendor=("the port is not the one that the vendor at this host listens on", "the vendor's facts"),
)
def host_itself(sheet: Sheet) -> Iterator[Found]:
    """What is resolved is the host as it stands there."""
    for entry in sheet.entries:
        llm = entry.llm
        if not llm.host:
            continue
        if is_variable(llm.host):
            continue  # which is told by itself
        if not is_host(llm.host):
            name = bare_host(llm.host)
            remedy = f"write {name}" if is_host(name) else "write the name alone: no scheme, port or path"
            message = f"{llm.host!r} is not a host name, so it cannot be resolved"
            if letter := next((one for one in name if not one.isascii() and one.isprintable()), ""):
                looks = unicodedata.name(letter, "of another script")
                message, remedy = f"{message}: {letter!r} in it is {looks}", "type it anew, in ASCII letters"
            yield Found("host-not-a-name", entry.manifest, (*entry.path, "host"), message, remedy)
        elif VENDOR_KEY.fullmatch(llm.host):
            remedy = "write the provider's host here, and replace the key: who resolves names may have it"
            message = "a key stands where the host belongs"
            yield Found("host-not-a-name", entry.manifest, (*entry.path, "host"), message, remedy)
        vendor = entry.vendor
        if vendor and llm.port not in (None, vendor.port) and service_of(sheet, llm.host) is None:
            # Some networks in front of vendors answer on other TLS ports, too; none does without TLS. In a cluster it
            # is for the Service to say.
            surely = (llm.port == PLAIN_PORT and vendor.tls) or sheet.is_own(vendor)
            severity = Severity.ERROR if surely else Severity.WARNING
            message = f"{vendor.title} listens on port {vendor.port} of {vendor.host}, not on {llm.port}"
            where = (*entry.path, "port")
            yield Found("port-unlike-vendor", entry.manifest, where, message, f"set port to {vendor.port}", severity)


def bare_host(host: str) -> str:
    """The name in what looks like a URL or an authority."""
    authority = host.strip().partition("://")[2] or host.strip()
    return authority.partition("/")[0].rpartition("@")[2].partition(":")[0]


@reports(
    model_empty=(
        "model is an empty text, which replaces the model of every request",
        "kgateway API, OpenAIConfig.model: unset, the model is taken from the request",
    ),
    model_unlike_vendor=(
        "the model looks like one of the vendor's, misspelt; or is none that the facts of --provider FILE list",
        "the vendor's facts",
    ),
)
def model(sheet: Sheet) -> Iterator[Found]:
    """Only a model that is not there leaves the client's. Of vendors not all models are known, so a new one is none."""
    for entry in sheet.entries:
        where = (*entry.path, entry.llm.provider, "model")
        if entry.llm.model == "":
            message = "the empty model takes the place of the one in every request"
            yield Found("model-empty", entry.manifest, where, message, "leave model out, or name one of the provider's")
        elif sheet.is_own(entry.vendor):
            yield from _unlisted(entry, where)
        elif near := _misspelt(entry):
            message = f"the model {entry.llm.model} is not known; {near} is"
            yield Found("model-unlike-vendor", entry.manifest, where, message, f"set model to {near}", Severity.WARNING)


def _unlisted(entry: Entry, where: FieldPath) -> Iterator[Found]:
    """A person's own list of models is taken to be whole; facts without one say nothing of models."""
    vendor, model = entry.vendor, entry.llm.model
    if vendor is None or vendor.any_model or model is None or model in vendor.models:
        return
    listed = ", ".join(vendor.models[:_MOST_MODELS])
    message = f"{vendor.title} does not know the model {model}; its facts list {listed}"
    near = nearest(model, vendor.models, cutoff=0) or vendor.models[0]
    yield Found("model-unlike-vendor", entry.manifest, where, message, f"set model to {near}")


def _misspelt(entry: Entry) -> str | None:
    """The vendor's model that is meant. Other digits, or none, are another version."""
    vendor, model = entry.vendor, entry.llm.model
    if vendor is None or not model or model in vendor.models or without_provider(model, vendor):
        return None
    near = nearest(model, vendor.models, cutoff=_ALIKE)
    return near if near and _letters(near) != _letters(model) else None


def _letters(model: str) -> str:
    return "".join(one for one in model if one.isalpha())


@reports(
    provider_type_wrong=(
        "the provider's type is another vendor's API, and the host is that of an OpenAI-compatible one",
        "the page: use the openai provider type for OpenAI-compatible providers",
    )
)
def provider_type_wrong(sheet: Sheet) -> Iterator[Found]:
    """Requests would be translated into another vendor's format."""
    for entry in sheet.entries:
        vendor = entry.vendor
        if vendor and entry.llm.provider not in ("openai", "custom"):
            message = f"{vendor.title} has OpenAI's API, not that of the provider type {entry.llm.provider}"
            remedy = f"use openai in place of {entry.llm.provider}"
            yield Found("provider-type-wrong", entry.manifest, (*entry.path, entry.llm.provider), message, remedy)


@reports(
    backend_type=("a Backend with spec.ai is not of type AI", "kgateway API, BackendSpec.type"),
    backend_without_route=("no HTTPRoute leads to a Backend, so no request can", "Gateway API, HTTPRoute backendRefs"),
)
def backend_itself(sheet: Sheet) -> Iterator[Found]:
    """A Backend that is no LLM provider, or that nobody can reach."""
    for one in sheet.manifests.of_kind(BACKEND):
        kind, ai = one.spec.get("type"), one.spec.get("ai")
        if sheet.dialect == "kgateway-2.1" and isinstance(ai, dict) and kind != "AI":
            message = f"type is {kind!r}" if kind is not None else "type is missing"
            where = ("spec", "type")
            yield Found("backend-type", one, where, f"{message}, so spec.ai counts for nothing", "set type: AI")
    referred = {ref.id.name for route in sheet.configuration.routes for rule in route.rules for ref in rule.backends}
    for backend in sheet.configuration.backends:
        if backend.id.name not in referred and _routes_elsewhere(sheet):
            yield Found(
                "backend-without-route",
                backend.origin.manifest,
                ("metadata", "name"),
                f"no HTTPRoute of the input leads to {backend.id}, so no request can reach its provider",
                "add an HTTPRoute with a backendRef to it",
            )


def _routes_elsewhere(sheet: Sheet) -> bool:
    """Whether all references of routes lead somewhere: one that does not is told by itself, and may mean this one."""
    found = sheet.configuration.routes
    return all(
        ref.id in sheet.backends or ref.id.kind != sheet.api.BACKEND_KIND
        for route in found
        for rule in route.rules
        for ref in rule.backends
    )
