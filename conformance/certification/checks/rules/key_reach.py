"""Checks of where a key goes: to the vendor that is meant, never in clear over the internet, and into no path."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.certification.checks.keys import key_of
from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.needs import is_host, needs_tls
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.placeholders import is_unfilled
from conformance.certification.checks.vendors import api_elsewhere, former_vendor, near_vendor, vendor_of
from conformance.core.addresses import is_inside
from conformance.core.credentials import VENDOR_KEY, credentials_of_query, is_stand_in
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import known_hosts, load_provider
from conformance.core.redaction import may_be_struck
from conformance.exchange.oracle.upstream import DEFAULT_HOST
from conformance.manifests.remedies import add_policy
from conformance.manifests.secrets import bare_key

__all__: list[str] = []

# How the keys begin that only one vendor issues, by the names of the vendors' files.
_KEY_FORMS = {
    "anthropic": re.compile(r"sk-ant-"),
    "cerebras": re.compile(r"csk-"),
    "fireworks": re.compile(r"fw_"),
    "gemini": re.compile(r"AIza"),
    "groq": re.compile(r"gsk_"),
    "huggingface": re.compile(r"hf_"),
    "nvidia": re.compile(r"nvapi-"),
    "openai": re.compile(r"sk-(?:proj|svcacct|admin)-"),
    "openrouter": re.compile(r"sk-or-"),
    "perplexity": re.compile(r"pplx-"),
    "together": re.compile(r"tgp_"),
    "xai": re.compile(r"xai-"),
}


@reports(
    host_near_vendor=(
        "the host is one or two letters, or the end of its domain, from a known vendor's; an error where the Backend is"
        " called after that vendor, or the key is of its form",
        "the vendors' facts",
    )
)
def meant_for_a_vendor(sheet: Sheet) -> Iterator[Found]:
    """A misspelt domain may belong to somebody, who then gets the key and all that is asked."""
    for entry in sheet.entries:
        host = entry.reached
        if not host or entry.vendor or entry.meant or is_inside(host) or not is_host(host):
            continue
        if former_vendor(host) or api_elsewhere(host):
            continue
        if near := near_vendor(host):
            message = f"{host} is no host of a known vendor, and nearly {near}; whoever has that domain gets the key"
            remedy = f"if {near} is meant, set host to it, and the names that TLS verifies and the route rewrites to"
            meant = not host.startswith(near) and _speaks_for(sheet, entry, known_hosts()[near])
            severity = Severity.ERROR if meant else Severity.WARNING  # a proxy may have a vendor's host before its own
            yield Found("host-near-vendor", entry.manifest, (*entry.path, "host"), message, remedy, severity)


def _speaks_for(sheet: Sheet, entry: Entry, vendor: str) -> bool:
    """Whether something else than the host names the vendor: the name of Backend or member, or the key's form."""
    words = set(re.split(r"[^a-z0-9]+", f"{entry.backend.id.name}-{entry.llm.name or ''}".lower()))
    key = key_of(sheet, entry)
    form = _KEY_FORMS.get(vendor)
    return set(vendor.split("-")) <= words or bool(key and form and form.match(bare_key(key.value)))


# They take other vendors' keys: to pass them on, or as they are of the same house.
_TAKES = {"cloudflare-ai-gateway": {*_KEY_FORMS}, "vertex": {"gemini"}}


@reports(
    key_of_another_vendor=(
        "the key begins as one vendor's alone do, and is sent to another vendor's host",
        "OpenAI API, Authentication: never share a key; each vendor issues its own",
    )
)
def issued_elsewhere(sheet: Sheet) -> Iterator[Found]:
    """Which of the two is meant the person knows. Of hosts that nobody knows it may be the vendor's by another way."""
    for entry in sheet.entries:
        vendor = entry.vendor if entry.llm.host else vendor_of(DEFAULT_HOST)
        key = key_of(sheet, entry)
        if key is None or vendor is None or not vendor.tls or sheet.is_own(vendor):
            continue
        issuer = next((name for name, form in _KEY_FORMS.items() if form.match(bare_key(key.value))), vendor.name)
        if issuer == vendor.name or issuer in _TAKES.get(vendor.name, ()) or is_unfilled(key.value):
            continue
        title, host = load_provider(issuer).title, entry.reached or DEFAULT_HOST
        message = f"a key that begins as those of {title} do is sent to {host}, which is {vendor.title}'s"
        remedy = (
            f"if {vendor.title} is meant, give it a key of its own; if {title} is, set host, path and the names that"
            " TLS verifies and the route rewrites to"
        )
        # How its own keys begin is known of some only; it is seen, then, that this is none.
        severity = Severity.ERROR if vendor.name in _KEY_FORMS else Severity.WARNING
        yield Found("key-of-another-vendor", entry.manifest, (*entry.path, "host"), message, remedy, severity)


@reports(
    host_former=("the vendor's API was once at this host, and is at another now", "the vendors' facts"),
    host_without_api=("the host is a vendor's, and its API is at another", "the vendors' facts"),
)
def moved(sheet: Sheet) -> Iterator[Found]:
    """A former host may still answer, or lead to the new one; a console or the like answers no chat."""
    for entry in sheet.entries:
        host, where = entry.llm.host, (*entry.path, "host")
        if entry.vendor or entry.meant:
            continue
        if vendor := former_vendor(host):
            message = f"{host} is a former host of {vendor.title}; its API is at {vendor.host_form} now"
            yield Found("host-former", entry.manifest, where, message, _move(vendor), Severity.WARNING)
        elif (vendor := api_elsewhere(host)) and (entry.llm.path is None or vendor.has_path(entry.llm.path)):
            message = f"{host} has no chat completions; those of {vendor.title} are at {vendor.host_form}"
            yield Found("host-without-api", entry.manifest, where, message, _move(vendor))


def _move(vendor: Provider) -> str:
    return (
        f"set host to {vendor.host_form}, the path to {vendor.path_form}, and the names that TLS verifies and the route"
        " rewrites to"
    )


@reports(
    key_in_clear=(
        "the key goes in clear to a public host, on whatever port",
        "RFC 6750, section 5.3: bearer tokens need TLS",
    )
)
def never_in_clear(sheet: Sheet) -> Iterator[Found]:
    """Where TLS is spoken for sure its want is told by itself."""
    for entry in sheet.entries:
        llm, key = entry.llm, key_of(sheet, entry)
        host = entry.reached
        if entry.tls or not host or not is_host(host) or is_inside(host) or needs_tls(entry):
            continue
        if key is None or not may_be_struck(bare_key(key.value)):
            continue
        message = f"the key goes in clear to {host}:{llm.port}, which is no host of a private network"
        policy = add_policy(sheet.api, entry.backend.id, entry.backend.id.name, host)
        remedy = f"use the provider's TLS port, and {policy}"
        severity = Severity.WARNING if sheet.is_own(entry.vendor) else Severity.ERROR
        yield Found("key-in-clear", entry.manifest, (*entry.path, "port"), message, remedy, severity)


@reports(
    key_in_path=(
        "the path holds a key in clear: all who may read the manifests have it, and every log of requests",
        "RFC 6750, section 5.3: no bearer tokens in URLs; keys belong into Secrets",
    )
)
def key_in_path(sheet: Sheet) -> Iterator[Found]:
    """Some vendors take a key in the query, too; their APIs take it in a header all the same."""
    for entry in sheet.entries:
        field = (*entry.path, *sheet.api.PATH.split(".")) if entry.llm.path else (*entry.path, "pathPrefix")
        path = entry.llm.path or entry.llm.path_prefix or ""
        named = [one for one in credentials_of_query(path) if not is_stand_in(one)]
        if named or VENDOR_KEY.search(path):
            message = "a key stands in clear in the path, and so in the manifests and in every log of requests"
            remedy = "take it out of the path, and put it into a Secret that the Backend's auth refers to"
            yield Found("key-in-path", entry.manifest, field, message, remedy, Severity.WARNING)
