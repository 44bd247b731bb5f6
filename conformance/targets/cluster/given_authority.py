"""The lookalikes' authority in a cluster that is not ours: one that the gateway trusts already, or a new one."""

from __future__ import annotations

import base64
import datetime
import json
from typing import Any

import yaml
from cryptography import x509

from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import Kubernetes
from conformance.targets.clustered.stacks import STACKS, trust_config_map
from mock_providers.identities import Authority

__all__ = ["authority_of", "how_to_trust"]

_TRUST, _PARAMETERS = "agw-conformance-own-trust", "agw-conformance-own"
"""None of the kind target's names: a cluster that it keeps may be tested with the cluster target, too."""
_ADDED = (
    "(in one of these places only: a Gateway's lists are added to those of its class, and with SSL_CERT_FILE in both"
    " its Deployment is refused)"
)
_SIGNS = "it must hold, as tls.crt and tls.key, an authority that signs certificates and further authorities"


async def authority_of(kubernetes: Kubernetes, secret: tuple[str, str] | None) -> Authority:
    """The authority in this Secret (namespace, name), beside another that nobody trusts; without one, a new one.

    Raises SetupProblem when there is none in it, or none that can sign what lookalikes show.
    """
    if secret is None:
        return Authority()
    place = "/".join(secret)
    found = await kubernetes.get("v1", "Secret", *secret)
    if found is None:
        raise SetupProblem(f"--ca-secret {place}: there is no such Secret", remedy=_SIGNS)
    try:
        parts = {
            name: base64.b64decode(found["data"][f"tls.{name}"], validate=True).decode() for name in ("crt", "key")
        }
        given = {"certificate": parts["crt"], "key": parts["key"]}
        other = json.loads(Authority().store())["other"]
        authority = Authority.restore(json.dumps({"trusted": given, "other": other}))
        _check(x509.load_pem_x509_certificate(authority.pem), place)
    except (KeyError, TypeError, ValueError) as error:
        raise SetupProblem(f"--ca-secret {place}: no authority is in it", remedy=_SIGNS) from error
    return authority


def _check(certificate: x509.Certificate, place: str) -> None:
    try:
        limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        limits = x509.BasicConstraints(ca=False, path_length=None)
    if not limits.ca or limits.path_length == 0:
        raise SetupProblem(f"--ca-secret {place}: its certificate may not sign authorities", remedy=_SIGNS)
    if certificate.not_valid_after_utc < datetime.datetime.now(datetime.UTC):
        raise SetupProblem(f"--ca-secret {place}: its certificate has expired", remedy="renew it")


def how_to_trust(dialect: str, namespace: str) -> str:
    """What makes the Gateway in a namespace trust an authority that lookalikes' certificates can be signed with."""
    stack = STACKS[dialect]
    keep = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30"
    files = next(iter(trust_config_map(namespace, "")["data"]))
    parameters: dict[str, Any] = stack.parameters_object(None, name=_PARAMETERS, trust=_TRUST)
    parameters["metadata"]["namespace"] = namespace
    return "\n".join(
        [
            "let it trust an authority of your own; on a gateway for tests only, for it takes the place of all others:",
            f"  {keep} -subj /CN=agw-conformance -keyout ca.key -out {files}",
            f"  kubectl create secret tls agw-conformance-ca -n {namespace} --cert={files} --key=ca.key",
            f"  kubectl create configmap {_TRUST} -n {namespace} --from-file={files}",
            "have these parameters applied, and named by the Gateway's infrastructure.parametersRef or its class:",
            *(f"  {line}" for line in yaml.safe_dump(parameters, sort_keys=False).splitlines()),
            *([_ADDED] if stack.parameters_added else []),
            f"and run again with --ca-secret {namespace}/agw-conformance-ca",
        ]
    )
