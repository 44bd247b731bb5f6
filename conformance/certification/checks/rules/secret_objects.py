"""Checks of the Secrets that provider entries refer to: whether they are there, and what they call the key."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.keys import credentials_of, secret_of
from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.reading import dig, nearest, texts
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.listener_certificates import WHOLE_CERTIFICATE, lacking_of_certificate
from conformance.certification.checks.vendors import is_of_another
from conformance.core.credentials import NO_KEY_BUT_NAMES, is_misplaced_key
from conformance.core.redaction import may_be_struck
from conformance.core.yaml.located import FieldPath
from conformance.manifests.objects import Manifest, ObjectId
from conformance.manifests.secrets import bare_key, secret_value

__all__: list[str] = []

_REFERENCE = "kgateway API, SingleAuthToken.secretRef; agentgateway API, BackendAuth.secretRef"
_FIELDS = {"apiVersion", "kind", "metadata", "type", "data", "stringData", "immutable"}
_MAKERS = ("ExternalSecret", "SealedSecret", "ClusterExternalSecret", "VaultStaticSecret", "InfisicalSecret")


@reports(
    secret_missing=("the Secret that the Backend refers to is not in the input", _REFERENCE),
    secret_other_namespace=("the Secret is in another namespace than the Backend", f"{_REFERENCE}: same namespace"),
)
def secret_there(sheet: Sheet) -> Iterator[Found]:
    """Without its Secret a Backend has no key. One that is not in the input may be in the cluster."""
    for entry in credentials_of(sheet):
        name, namespace = entry.llm.auth.secret, entry.llm.auth.secret_id.namespace
        if entry.llm.auth.kind != "secret" or not name:
            continue
        where, secret = _name_path(entry), secret_of(sheet, entry)
        if is_misplaced_key(name):
            message = "a key stands where the name of the Secret belongs that holds it"
            remedy = "put the key into a Secret, and write the name of that Secret here"
            yield Found("secret-missing", entry.llm.auth.origin.manifest, where, message, remedy)
            continue
        if secret is not None and secret.made_up and (instead := _near_miss(sheet, entry, secret, where)):
            yield instead
        elif secret is not None and secret.made_up and sheet.strict:
            yield _absent(entry, where, f"{namespace}/{name}")
        if secret is not None or _is_made(sheet, namespace, name):
            continue
        if other := next((one for one in sheet.configuration.secrets if one.name == name), None):
            message = f"the Secret {name} is in namespace {other.namespace}, and the Backend in {namespace}"
            remedy = f"put a copy of the Secret into namespace {namespace}: a Backend refers to Secrets in its own only"
            yield Found(
                "secret-other-namespace",
                sheet.configuration.secrets[other],
                ("metadata", "namespace"),
                message,
                remedy,
            )
        elif near := _meant(sheet, entry, name, namespace):
            message = f"there is no Secret {name} in namespace {namespace}, but one that nobody refers to: {near}"
            yield Found("secret-missing", entry.llm.auth.origin.manifest, where, message, f"refer to {near}")
        elif unused := _unused(sheet, namespace):
            message = f"there is no Secret {name} in namespace {namespace}; {', '.join(unused)} is for another vendor"
            remedy = "refer to a Secret with a key of this provider's"
            yield Found("secret-missing", entry.llm.auth.origin.manifest, where, message, remedy)
        else:
            yield _absent(entry, where, f"{namespace}/{name}")


def _near_miss(sheet: Sheet, entry: Entry, secret: Manifest, where: FieldPath) -> Found | None:
    """What there is instead of a Secret that was made up: one elsewhere, or what is no Secret but has its name."""
    if len(secret.document.positions) > 1:
        return None  # an operator's, whose object says what it will hold
    name, at = secret.name, entry.llm.auth.origin.manifest
    others = [one for one in sheet.configuration.secrets if one.name == name and one.namespace != secret.namespace]
    if ("ConfigMap", secret.namespace, name) in sheet.others:
        message = f"{secret.namespace}/{name} is a ConfigMap in the input, and no Secret: it keeps no key secret"
        remedy = "make it a Secret: kind: Secret, type: Opaque, and stringData in place of data"
        if _holds(sheet, secret, entry.llm.auth.secret_key):
            return Found("secret-missing", at, where, message, remedy)
        return Found("secret-missing", at, where, message, remedy, Severity.WARNING, assumed=True)
    if others and not sheet.configuration.secrets[others[0]].made_up:
        message = f"the Secret {name} is in namespace {others[0].namespace}, and the Backend in {secret.namespace}"
        remedy = f"see to it that it is in {secret.namespace}, too: a Backend refers to Secrets in its own only"
        return Found("secret-other-namespace", at, where, message, remedy, Severity.WARNING, assumed=True)
    return None


def _holds(sheet: Sheet, secret: Manifest, key: str) -> bool:
    """Whether a ConfigMap of a Secret's name has a key where the Secret was to have it: it was meant to be that one."""
    place = (secret.namespace, secret.name)
    maps = (one for one in sheet.beside if one.kind == "ConfigMap" and (one.namespace, one.name) == place)
    return any(may_be_struck(bare_key(texts(one.data, "data").get(key, ""))) for one in maps)


def _absent(entry: Entry, where: FieldPath, name: str) -> Found:
    message, remedy = f"the Secret {name} is not in the input", "give it, or see to it that it is in the cluster"
    at = entry.llm.auth.origin.manifest
    return Found("secret-missing", at, where, message, remedy, Severity.WARNING, assumed=True)


def _name_path(entry: Entry) -> FieldPath:
    at = entry.llm.auth.origin.path
    return (*at, "name") if at[-1] == "secretRef" else (*at, "secretRef", "name")


def _meant(sheet: Sheet, entry: Entry, name: str, namespace: str) -> str | None:
    """The Secret that nobody refers to and that has the key, or a name much like it."""
    unused = [one for one in _unused(sheet, namespace) if not _of_another(sheet, entry, namespace, one)]
    secrets = {one.name: data for one, data in sheet.configuration.secrets.items() if one.namespace == namespace}
    with_key = [one for one in unused if secret_value(secrets[one].data, entry.llm.auth.secret_key) is not None]
    return nearest(name, unused) or next(iter(with_key), None)


def _of_another(sheet: Sheet, entry: Entry, namespace: str, secret: str) -> bool:
    """Whether a Secret, by its name or that of the variable in it, holds another vendor's key."""
    source = sheet.sources.get((namespace, secret, entry.llm.auth.secret_key), "")
    return entry.vendor is not None and is_of_another([source, secret], entry.vendor)


def _unused(sheet: Sheet, namespace: str) -> list[str]:
    used = {(one.namespace, one.name) for entry in credentials_of(sheet) if (one := entry.llm.auth.secret_id)}
    return [
        one.name
        for one in sheet.configuration.secrets
        if one.namespace == namespace and (namespace, one.name) not in used
    ]


def _is_made(sheet: Sheet, namespace: str, name: str) -> bool:
    """Whether something in the input makes that Secret in the cluster."""
    for one in sheet.manifests:
        if one.kind in _MAKERS and one.namespace == namespace:
            made = dig(one.spec, "target", "name") or dig(one.spec, "destination", "name") or one.name
            if name in (made, one.name):
                return True
    return False


@reports(
    client_certificate_missing=(
        "the Secret with the certificate that the gateway is to show the provider is not in the input, or has none",
        "agentgateway API, BackendTLS.mtlsCertificateRef: without it the Backend is not taken",
    ),
)
def client_certificate(sheet: Sheet) -> Iterator[Found]:
    """A certificate of the gateway's own; a key can be made up, and this cannot. Certificates may make the Secret."""
    told = {("Certificate", namespace) for kind, namespace, _ in sheet.others if kind == "Certificate"}
    for entry in sheet.entries:
        for tls in (entry.backend.tls, entry.llm.tls):
            name, namespace = (tls.client_certificate, tls.namespace) if tls else (None, "")
            secret = sheet.configuration.secrets.get(ObjectId("", "Secret", namespace, name or ""))
            lacking = lacking_of_certificate(secret) if secret and not secret.made_up else []
            if tls is None or name is None or (secret and not lacking) or _is_made(sheet, namespace, name):
                continue
            if (namespace, name) in told or (secret is None and ("Certificate", namespace) in told):
                continue
            told.add((namespace, name))
            message = f"Secret {namespace}/{name}, whose certificate is to be shown, is not in the input"
            remedy = "give that Secret besides"
            if lacking:
                message = (
                    f"Secret {namespace}/{name}, whose certificate is to be shown, has no {' and no '.join(lacking)}"
                )
                remedy = WHOLE_CERTIFICATE
            where = (*tls.origin.path, "mtlsCertificateRef", 0, "name")
            yield Found("client-certificate-missing", tls.origin.manifest, where, message, remedy)


@reports(
    secret_key_name=(
        "the Secret holds the key under another name than the one that is read (Authorization)",
        f"{_REFERENCE}; kgateway, kubeutils.GetSecretAuth",
    ),
    secret_empty=("the Secret's key is empty", f"{_REFERENCE}; kgateway, kubeutils.GetSecretAuth"),
)
def secret_key(sheet: Sheet) -> Iterator[Found]:
    """The name counts, capitals included."""
    for entry in _first_uses(sheet):
        secret, wanted = secret_of(sheet, entry), entry.llm.auth.secret_key
        if secret is None:
            continue
        given = {**dict.fromkeys(texts(secret.data, "data"), "data"), **_plain(secret)}
        if not given and set(secret.data) - _FIELDS:
            continue  # a misspelt field of the Secret, which is told by itself
        if wanted not in given:
            yield _other_name(entry, secret, wanted, given)
        elif (value := secret_value(secret.data, wanted)) is not None and bare_key(value) in ("", "Bearer"):
            message = "the API key is empty, so the Backend has none"
            yield Found("secret-empty", secret, (given[wanted], wanted), message, "write the API key there")


def _plain(secret: Manifest) -> dict[str, str]:
    return dict.fromkeys(texts(secret.data, "stringData"), "stringData")


def _first_uses(sheet: Sheet) -> Iterator[Entry]:
    """One entry for each Secret and name in it."""
    seen = set()
    for entry in credentials_of(sheet):
        use = entry.llm.auth.secret_id, entry.llm.auth.secret_key
        if use not in seen:
            seen.add(use)
            yield entry


def _other_name(entry: Entry, secret: Manifest, wanted: str, given: dict[str, str]) -> Found:
    if not given:
        message = f"the Secret is empty; {entry.backend.id} takes its API key from {wanted}"
        return Found(
            "secret-key-name", secret, ("stringData", wanted), message, f"write the API key into stringData.{wanted}"
        )
    for swapped in (one for one in given if (secret_value(secret.data, one) or "").lower() in NO_KEY_BUT_NAMES):
        message = f"the key and its name have changed places: {entry.backend.id} takes its API key from {wanted}"
        remedy = f"write {wanted}: and behind it the key"
        return Found("secret-key-name", secret, (given[swapped], swapped), message, remedy)
    name = nearest(wanted, given) or next(iter(given))
    message = f"{entry.backend.id} takes its API key from {wanted}; the Secret has only {', '.join(given)}"
    return Found("secret-key-name", secret, (given[name], name), message, f"name it {wanted}")
