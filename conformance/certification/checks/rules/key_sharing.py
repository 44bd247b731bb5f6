"""Checks of whether one key goes to two vendors: as one Secret, one value, or one place in a store."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.keys import key_of
from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.placeholders import is_unfilled
from conformance.certification.checks.vendors import former_vendor, vendor_of
from conformance.core.addresses import is_address, is_inside
from conformance.core.credentials import is_stand_in
from conformance.core.redaction import may_be_struck
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath
from conformance.exchange.oracle.upstream import DEFAULT_HOST
from conformance.manifests.input.key_sources import VALUE, source_of
from conformance.manifests.input.native import NativeUse
from conformance.manifests.objects import Manifest
from conformance.manifests.secrets import bare_key

__all__: list[str] = []


@dataclass(frozen=True)
class _Use:
    """A key that somebody gets. `marks`: two uses that have one of them in common are of one key."""

    manifest: Manifest
    path: FieldPath
    host: str
    party: str
    known: bool
    marks: tuple[str, ...]


@reports(
    key_at_two_vendors=(
        "one key is sent to the hosts of two vendors: one of them gets what is the other's",
        "OpenAI API, Authentication: never share a key; each vendor issues its own",
    )
)
def one_vendor_a_key(sheet: Sheet) -> Iterator[Found]:
    """One Secret, two that hold the same value or variable, or two that are filled from one place in a store.

    Providers with an API of their own are not judged, but a key that they get is theirs or another's all the same.
    """
    first: dict[str, _Use] = {}
    natives = [_native(sheet, one) for one in sheet.natives]
    for use in [*natives, *(_of_entry(sheet, one) for one in sheet.entries if not is_inside(_host(one)))]:
        others = [first.setdefault(mark, use) for mark in use.marks]
        other = next((one for one in others if one.party != use.party), None)
        if other is None or use in natives:
            continue
        shared = next(mark for mark in use.marks if first[mark] is other)
        what = "the same key" if shared.startswith((VALUE, _SECRET)) else f"the same key, {shared},"
        yield Found(
            "key-at-two-vendors",
            use.manifest,
            use.path,
            f"{what} goes to {other.host} ({other.manifest.role} {other.manifest.name}) and to {use.host}",
            f"give the provider at {use.host} a key of its own, in a Secret of its own",
            Severity.ERROR if use.known or other.known else Severity.WARNING,
        )


_SECRET = "the Secret "


def _of_entry(sheet: Sheet, entry: Entry) -> _Use:
    auth, key, host = entry.llm.auth, key_of(sheet, entry), _host(entry)
    marks = [f"{VALUE}{bare_key(key.value)}"] if key and _is_secret(key.value) else []
    if auth.kind == "secret" and auth.secret and (marks or key is None):
        marks += _marks(sheet, entry.backend.id.namespace, auth.secret, auth.secret_key)
    known = vendor_of(host) is not None
    return _Use(entry.manifest, auth.origin.path, host, _party(host), known, tuple(marks))


def _native(sheet: Sheet, use: NativeUse) -> _Use:
    marks = _marks(sheet, use.manifest.namespace, use.secret, use.key)
    return _Use(use.manifest, use.path, use.vendor.host_form, use.vendor.title, True, tuple(marks))


def _marks(sheet: Sheet, namespace: str, secret: str, key: str) -> Iterator[str]:
    yield f"{_SECRET}{namespace}/{secret}/{key}"
    source = source_of(sheet.sources, namespace, secret, key)
    if source and (not source.startswith(VALUE) or _is_secret(source.removeprefix(VALUE))):
        yield source


def _host(entry: Entry) -> str:
    return entry.reached or DEFAULT_HOST


def _is_secret(value: str) -> bool:
    bare = bare_key(value)
    return may_be_struck(bare) and not is_stand_in(bare) and not is_unfilled(bare)


def _party(host: str) -> str:
    """Whose host it is: the vendor's name, or the domain that somebody registered, roughly."""
    host = host.lower().rstrip(".")
    if vendor := vendor_of(host) or former_vendor(host):
        return vendor.title
    return host if is_address(host) else ".".join(host.split(".")[-2:])
