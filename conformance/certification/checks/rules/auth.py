"""Checks of how a provider entry authenticates: the kind against the fields, the header against the vendor's."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.modifiers import headers_set
from conformance.certification.checks.reading import dig, items
from conformance.certification.checks.registry import reports
from conformance.core.providers.provider import Auth as VendorAuth
from conformance.core.providers.provider import Provider
from conformance.manifests.dialects import agentgateway_1
from conformance.manifests.dialects.model import Auth, ways_to

__all__ = ["header_field"]

_TOKEN = "kgateway API, SingleAuthToken"
_FIELDS = {"SecretRef": ("secretRef", "secretRef.name"), "Inline": ("inline", "inline")}


@reports(
    token_kind_wrong=("authToken.kind says one thing and the fields beside it another, so there is no key", _TOKEN)
)
def token_kind(sheet: Sheet) -> Iterator[Found]:
    """Nothing in the API ties kind to the field that it means."""
    for entry in sheet.entries:
        at = (entry.llm.provider, "authToken")
        token = dig(entry.data, *at)
        kind = dig(token, "kind")
        given = [name for name in ("inline", "secretRef") if dig(token, name)]
        where = (*entry.path, *at, "kind")
        if kind in _FIELDS and _FIELDS[kind][0] not in given:
            wanted, other = _FIELDS[kind][1], next((one for one, (name, _) in _FIELDS.items() if name in given), None)
            message = f"kind is {kind}, and {wanted} is missing: the Backend has no key"
            remedy = f"set kind to {other}" if other else f"add {wanted}"
            yield Found("token-kind-wrong", entry.manifest, where, message, remedy)
        elif kind == "Passthrough" and given:
            message = f"kind is Passthrough, so {given[0]} counts for nothing: clients send their own keys"
            remedy = f"set kind to {'Inline' if given[0] == 'inline' else 'SecretRef'}, or take {given[0]} away"
            yield Found("token-kind-wrong", entry.manifest, where, message, remedy, Severity.WARNING)


@reports(
    auth_missing=(
        "nothing says which key to send to a vendor that asks for one",
        "agentgateway API, BackendAuth: without it the client's own Authorization goes upstream",
    ),
    auth_header_unlike_vendor=(
        "the key goes into another header, or behind another word, than the vendor reads",
        "the vendor's facts",
    ),
)
def at_vendor(sheet: Sheet) -> Iterator[Found]:
    """What the known vendors ask for."""
    for entry in sheet.entries:
        vendor, auth = entry.vendor, entry.llm.auth
        if vendor is None or not vendor.auth_required:
            continue
        if auth.kind == "passthrough" and auth.origin.path == entry.path and not _says_elsewhere(sheet, entry):
            if _by_modifiers(sheet, entry, vendor):
                continue
            message = (
                f"no policies.auth says which key to send to {vendor.title}: the clients' own Authorization goes there"
            )
            remedy = "add policies.auth.secretRef, or say it: policies.auth.passthrough"
            yield Found("auth-missing", entry.manifest, (*entry.path, "policies"), message, remedy, Severity.WARNING)
        elif auth.place is not None:
            yield from _elsewhere(entry, auth, vendor)
        elif auth.kind in ("secret", "inline"):
            yield from _header(sheet, entry, vendor)


def _elsewhere(entry: Entry, auth: Auth, vendor: Provider) -> Iterator[Found]:
    """A key in a query parameter or a cookie, unless a further credential has what the vendor reads."""
    kind, name = auth.place or ("", "")
    at, manifest = auth.origin.path[: auth.origin.path.index("auth") + 1], auth.origin.manifest
    credentials = items(manifest.data, *at, "credentials")
    headers = {str(dig(one, "location", "header", "name")).lower() for _, one in credentials}
    if not headers & {one.header.lower() for one in vendor.auths}:
        what = {"queryParameter": "query parameter", "cookie": "cookie"}[kind]
        message = f"the key goes into the {what} {name}, and {vendor.title} reads the header {vendor.auth_header}"
        yield Found("auth-header-unlike-vendor", manifest, (*at, "location"), message, "take location away")


@reports(
    key_lost_with_query=(
        "the key goes into the query, which a whole path replaces",
        "agentgateway, AuthorizationLocation; FACTS 6.1",
    ),
)
def in_query(sheet: Sheet) -> Iterator[Found]:
    """The provider gets no key at all."""
    for entry in sheet.entries:
        auth = entry.llm.auth
        if auth.place is not None and auth.place[0] == "queryParameter" and entry.llm.path is not None:
            at = auth.origin.path[: auth.origin.path.index("auth") + 1]
            message = f"the key goes into the query, which path {entry.llm.path} replaces: it does not arrive"
            yield Found("key-lost-with-query", auth.origin.manifest, (*at, "location"), message, "take location away")


def _by_modifiers(sheet: Sheet, entry: Entry, vendor: Provider) -> bool:
    """Whether the rules that lead there put something into the header that the vendor reads: that is told of itself."""
    refs = [(rule, ref) for _, rule in ways_to(sheet.configuration.routes, entry.backend.id) for ref in rule.backends]
    ways = [(*rule.filters, *ref.filters) for rule, ref in refs if ref.id == entry.backend.id]
    wanted = {one.header.lower() for one in vendor.auths}
    return bool(ways) and all(wanted & set(headers_set(filters)) for filters in ways)


def _says_elsewhere(sheet: Sheet, entry: Entry) -> bool:
    """Whether it is there in a wrong place, or in the other dialect's words: both are told by themselves."""
    return "policies" in sheet.api.misplaced_fields(entry.llm) or any(
        "authToken" in place for place in (entry.data, entry.data.get(entry.llm.provider) or {})
    )


def _header(sheet: Sheet, entry: Entry, vendor: Provider) -> Iterator[Found]:
    auth = entry.llm.auth
    mine = auth.header or "Authorization"
    prefix = "Bearer " if auth.prefix is None else auth.prefix
    for one in vendor.auths:
        if mine.lower() == one.header.lower() and (prefix == _word(one) or _in_key(entry, prefix)):
            return
    where = header_field(entry)
    # One of the dialects has no way to say that a key stands alone.
    sayable = [one for one in vendor.auths if one.scheme or sheet.dialect == agentgateway_1.NAME]
    meant = (sayable or vendor.auths)[0]
    wanted = f"{meant.header}: {_word(meant)}<key>"
    message = f"the key is sent as `{mine}: {prefix}<key>`, and {vendor.title} reads `{wanted}`"
    remedy = f"take {where[-1]} away" if meant.is_so("Authorization", "Bearer") else f"send it as `{wanted}`"
    at = entry.manifest if "authHeader" in entry.data else auth.origin.manifest
    yield Found("auth-header-unlike-vendor", at, where, message, remedy)


def _word(auth: VendorAuth) -> str:
    """What stands before the key."""
    return f"{auth.scheme} " if auth.scheme else ""


def _in_key(entry: Entry, prefix: str) -> bool:
    """Whether the word before the key may be part of the key itself, as with a location that has no prefix."""
    auth = entry.llm.auth
    token = auth.token or ""
    return not prefix and (
        token.lower().startswith("bearer ") or (auth.kind == "secret" and auth.secret_key != "Authorization")
    )


def header_field(entry: Entry) -> tuple[str | int, ...]:
    """Where it says which header an entry's key goes into."""
    if "authHeader" in entry.data:
        return (*entry.path, "authHeader")
    at = entry.llm.auth.origin.path
    return (*at[: at.index("auth") + 1], "location") if "auth" in at else at
