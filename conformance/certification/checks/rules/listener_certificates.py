"""Checks of the certificates of listeners: a Secret that cannot be one, or that nobody lets the Gateway read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import dig, items
from conformance.certification.checks.registry import reports
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.gateway_api import GROUP
from conformance.manifests.objects import Manifest

__all__ = ["WHOLE_CERTIFICATE", "lacking_of_certificate"]

_WANTED = ("tls.crt", "tls.key")
_ISSUER = "cert-manager.io/"
WHOLE_CERTIFICATE = "put the certificate into tls.crt and its key into tls.key, as kubectl create secret tls does"
"""The remedy for a Secret that lacks a part of one."""


@reports(
    listener_certificate=(
        "a listener's certificate is a Secret without tls.crt and tls.key, or one of another namespace that no"
        " ReferenceGrant lets the Gateway read, so the listener is not programmed; or one that the input does not show",
        "Gateway API, GatewayTLSConfig certificateRefs: InvalidCertificateRef, RefNotPermitted",
    )
)
def certificates(sheet: Sheet) -> Iterator[Found]:
    """Of Secrets that the input shows; that others stand in the cluster is assumed, but for those of cert-manager."""
    secrets = {(one.namespace, one.name): one for one in sheet.everything if (one.group, one.kind) == ("", "Secret")}
    for gateway in sheet.gateways:
        manifest = gateway.origin.manifest if gateway.origin else None
        if manifest is None or manifest.made_up:
            continue
        written = manifest.document.data
        for index, listener in items(written, "spec", "listeners"):
            if listener.get("protocol") != "HTTPS":
                continue
            for number, ref in items(listener, "tls", "certificateRefs"):
                where: FieldPath = ("spec", "listeners", index, "tls", "certificateRefs", number)
                namespace = str(ref.get("namespace") or manifest.namespace)
                secret = secrets.get((namespace, str(ref.get("name"))))
                if ref.get("kind", "Secret") != "Secret":
                    continue
                if secret is not None and not secret.made_up:
                    yield from _problems(sheet, manifest, where, secret)
                elif secret is None and not _is_issued(sheet, manifest, namespace, str(ref.get("name"))):
                    message = (
                        f"the Secret {namespace}/{ref.get('name')} is not in the input; a certificate is assumed in it"
                    )
                    remedy = "give it, or see to it that it is in the cluster"
                    told = (manifest, (*where, "name"), message, remedy)
                    yield Found("listener-certificate", *told, Severity.WARNING, assumed=True)


def _is_issued(sheet: Sheet, gateway: Manifest, namespace: str, name: str) -> bool:
    """Whether cert-manager makes the Secret: for a Certificate of the input, or by the Gateway's annotations."""
    annotations = dig(gateway.data, "metadata", "annotations")
    if isinstance(annotations, dict) and any(str(one).startswith(_ISSUER) for one in annotations):
        return True
    made = (one for one in sheet.everything if (one.group, one.kind) == (_ISSUER.rstrip("/"), "Certificate"))
    return any(one.namespace == namespace and one.spec.get("secretName") == name for one in made)


def lacking_of_certificate(secret: Manifest) -> list[str]:
    """What a Secret with a certificate has to have, and this one has not."""
    return [one for one in _WANTED if not any(dig(secret.data, part, one) for part in ("data", "stringData"))]


def _problems(sheet: Sheet, gateway: Manifest, where: FieldPath, secret: Manifest) -> Iterator[Found]:
    if lacking := lacking_of_certificate(secret):
        message = f"{secret.id} has no {' and no '.join(lacking)}, so it is no certificate for a listener"
        yield Found("listener-certificate", gateway, (*where, "name"), message, WHOLE_CERTIFICATE)
    if secret.namespace != gateway.namespace and not any(_permits(one, gateway, secret) for one in _grants(sheet)):
        message = f"no ReferenceGrant lets {gateway.id} refer to {secret.id}"
        remedy = (
            f"add a ReferenceGrant in namespace {secret.namespace} from [{{group: {GROUP}, kind: Gateway, namespace:"
            f" {gateway.namespace}}}] to [{{group: '', kind: Secret, name: {secret.name}}}]"
        )
        yield Found("listener-certificate", gateway, (*where, "namespace"), message, remedy)


def _grants(sheet: Sheet) -> Iterator[Manifest]:
    return (one for one in sheet.everything if (one.group, one.kind) == (GROUP, "ReferenceGrant"))


def _permits(grant: Manifest, gateway: Manifest, secret: Manifest) -> bool:
    if grant.namespace != secret.namespace:
        return False
    froms, tos = ([one for _, one in items(grant.spec, field)] for field in ("from", "to"))
    return any(_is_from(one, gateway) for one in froms) and any(_is_to(one, secret) for one in tos)


def _is_from(entry: Mapping[str, Any], gateway: Manifest) -> bool:
    return (entry.get("group"), entry.get("kind"), entry.get("namespace")) == (GROUP, "Gateway", gateway.namespace)


def _is_to(entry: Mapping[str, Any], secret: Manifest) -> bool:
    return not entry.get("group") and entry.get("kind") == "Secret" and entry.get("name") in (None, "", secret.name)
