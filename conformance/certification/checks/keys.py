"""Where the keys of provider entries are written: Secrets and inline tokens, for the checks of keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from conformance.certification.checks.model import Entry, Sheet
from conformance.certification.checks.reading import texts
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath
from conformance.manifests.objects import Manifest
from conformance.manifests.secrets import secret_value

__all__ = ["WrittenKey", "credentials_of", "encoded_values", "key_of", "keys_of", "secret_of"]


@dataclass(frozen=True)
class WrittenKey:
    """A key of a provider entry: its text, decoded, and the field that it stands in."""

    entry: Entry
    manifest: Manifest
    path: FieldPath
    value: str = field(repr=False)

    @property
    def inline(self) -> bool:
        """Whether it stands in the Backend itself."""
        return self.manifest.kind != "Secret"

    @property
    def what(self) -> str:
        """What to call it."""
        return "the inline token" if self.inline else "the key"


def secret_of(sheet: Sheet, entry: Entry) -> Manifest | None:
    """The Secret that an entry refers to; None when it refers to none, or to one that is not in the input."""
    auth = entry.llm.auth
    if auth.kind != "secret" or not auth.secret:
        return None
    return sheet.configuration.secrets.get(auth.secret_id)


def credentials_of(sheet: Sheet) -> Iterator[Entry]:
    """Every entry, and again with each further credential in place of its key."""
    for entry in sheet.entries:
        yield entry
        yield from (replace(entry, llm=replace(entry.llm, auth=one)) for one in entry.llm.auth.further)


def keys_of(sheet: Sheet) -> Iterator[WrittenKey]:
    """Every key once, with the first entry that uses it."""
    seen: set[tuple[int, FieldPath]] = set()
    for entry in sheet.entries:
        key = key_of(sheet, entry)
        if key and (id(key.manifest), key.path) not in seen:
            seen.add((id(key.manifest), key.path))
            yield key


def key_of(sheet: Sheet, entry: Entry) -> WrittenKey | None:
    """The key that an entry sends; None where it has none, or its Secret is not in the input."""
    auth = entry.llm.auth
    if auth.kind == "inline" and auth.token:
        path = auth.origin.path if auth.origin.path[-1] == "key" else (*auth.origin.path, "inline")
        return WrittenKey(entry, auth.origin.manifest, path, auth.token)
    secret = secret_of(sheet, entry)
    value = secret_value(secret.data, auth.secret_key) if secret else None
    if secret is None or value is None:
        return None
    where = "stringData" if auth.secret_key in texts(secret.data, "stringData") else "data"
    return WrittenKey(entry, secret, (where, auth.secret_key), value)


def encoded_values(sheet: Sheet) -> Iterator[tuple[Entry, Manifest, FieldPath, str]]:
    """What stands under `data` of Secrets where entries take their keys from, as it is written."""
    for entry in sheet.entries:
        secret, wanted = secret_of(sheet, entry), entry.llm.auth.secret_key
        if secret and wanted not in texts(secret.data, "stringData") and wanted in texts(secret.data, "data"):
            yield entry, secret, ("data", wanted), texts(secret.data, "data")[wanted]
