"""How the connection to a provider must be secured under given manifests; part of the oracle."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.core.addresses import is_address
from conformance.core.startup.records import dataclass
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Origin, Tls, TlsPolicy
from conformance.manifests.objects import ObjectId

__all__ = ["DEFAULT_HOST", "ExpectedTls", "expected_tls"]

DEFAULT_HOST = "api.openai.com"
"""Where a provider entry of type openai without `host` goes (API `LLMProvider.host`)."""


@dataclass(frozen=True)
class ExpectedTls:
    """How the upstream connection is secured. `trust`: "system", PEM text, or None when no authority is usable.

    `sni` is empty where none is sent. `unverified` is what of the certificate the manifests say not to look at.
    `alternatives` is where the names are listed that are verified in place of the server's name, if any are.
    """

    sni: str
    verify: tuple[str, ...]
    trust: str | None
    origin: Origin
    unverified: str = ""
    alternatives: Origin | None = None


def expected_tls(configuration: Configuration, backend: Backend, llm: Llm) -> ExpectedTls | None:
    """SEED overview: a custom host is TLS only by a BackendTLSPolicy; the default host always is.

    Where Backends have `tls` (agentgateway 1.x), the provider's own outranks all, and the Backend's a policy on it as
    a whole, but not one on the provider as its section (agentgateway: internal_backend_policies, sub_backend_policies).
    What is on the port of a custom provider's Service outranks them all (httpproxy.rs, make_backend_call).
    """
    by_section = _policy(configuration, backend, llm.name) if llm.name else None
    found = (
        _on_port(configuration, backend, llm)
        or llm.tls
        or by_section
        or backend.tls
        or _policy(configuration, backend, None)
    )
    if isinstance(found, TlsPolicy):
        return _by_policy(configuration, found)
    if isinstance(found, Tls):
        return _by_backend(configuration, backend, llm, found)
    if llm.host is None:
        return ExpectedTls(DEFAULT_HOST, (DEFAULT_HOST,), "system", llm.origin)
    return None


def _by_policy(configuration: Configuration, policy: TlsPolicy) -> ExpectedTls:
    # GW BackendTLSPolicyValidation.subjectAltNames: when given, they are matched and hostname is only the SNI.
    verify = tuple(value for _, value in policy.alt_names) or (policy.hostname,)
    trust = "system" if policy.system_trust else _authorities(configuration, policy.id.namespace, policy.ca_refs)
    validation = policy.origin.below("validation")
    listed = validation.below("subjectAltNames") if policy.alt_names else None
    return ExpectedTls(policy.hostname, verify, trust, validation.below("hostname"), alternatives=listed)


def _by_backend(configuration: Configuration, backend: Backend, llm: Llm, tls: Tls) -> ExpectedTls:
    """API `BackendTLS`: sni is sent and verified, else the host; verifySubjectAltNames are verified in its place."""
    host = llm.host or DEFAULT_HOST
    name = tls.server_name or host
    refs = [("", "ConfigMap", one) for one in tls.ca_refs or ()]
    return ExpectedTls(
        # A server name is never an address (RFC 6066).
        sni="" if is_address(name) else name,
        verify=tls.alt_names or (name,),
        trust="system" if tls.ca_refs is None else _authorities(configuration, tls.namespace, refs),
        origin=tls.origin.below("sni") if tls.server_name else tls.origin,
        unverified=tls.unverified,
        alternatives=tls.origin.below("verifySubjectAltNames") if tls.alt_names else None,
    )


def _policy(configuration: Configuration, backend: Backend, section: str | None) -> TlsPolicy | None:
    """GW LocalPolicyTargetReference: same namespace, same group and kind; a sectionName names one provider."""
    target = backend.id.group, backend.id.kind, backend.id.name, section
    fitting = (one for one in configuration.policies if one.id.namespace == backend.id.namespace)
    return next((one for one in fitting if target in one.targets), None)


def _on_port(configuration: Configuration, backend: Backend, llm: Llm) -> TlsPolicy | None:
    """The policy on the port of the Service that a custom provider's backendRef names, by number or by its name; which
    name that is, the Service says, and is taken for right. One on the Service as a whole is not in force there.
    """
    for policy in configuration.policies if llm.service else ():
        for group, kind, name, section in policy.targets:
            here = (policy.id.namespace, name) == (backend.id.namespace, llm.service)
            if (group, kind) == ("", "Service") and here and section is not None and _is_port(section, llm.port):
                return policy
    return None


def _is_port(section: str, port: int | None) -> bool:
    return not section.isdigit() or int(section) == port


def _authorities(configuration: Configuration, namespace: str, refs: Iterable[tuple[str, str, str]]) -> str | None:
    """GW caCertificateRefs: ConfigMaps with `ca.crt`; an unusable reference means that nothing may be trusted."""
    found: list[str] = []
    for group, kind, name in refs:
        config_map = configuration.config_maps.get(ObjectId("", "ConfigMap", namespace, name))
        pem = (config_map.data.get("data") or {}).get("ca.crt") if config_map else None
        if group or kind != "ConfigMap" or not isinstance(pem, str) or "BEGIN CERTIFICATE" not in pem:
            return None
        found.append(pem)
    return "\n".join(found) or None
