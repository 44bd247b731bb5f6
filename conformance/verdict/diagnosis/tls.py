"""From evidence to the probable cause, where it is about TLS: plaintext, handshakes, names, certificates."""

from __future__ import annotations

from collections.abc import Collection

from conformance.core.problems import Place
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.oracle.tls import ExpectedTls
from conformance.manifests.astray import policy_astray
from conformance.manifests.dialects.model import Origin
from conformance.manifests.remedies import add_policy, no_tls, section_of
from conformance.verdict.diagnosis.failure import GATEWAY, Diagnosis, Failure
from mock_providers.identities import WRONG_NAME

__all__ = ["another_policy", "handshake", "plaintext", "server_name", "unverified"]

_TOO = "report the fall-back to the gateway's project with this output"


def _own(tls: ExpectedTls) -> bool:
    """Whether the Backend itself asks for TLS, and no policy."""
    return tls.origin.manifest.kind != "BackendTLSPolicy"


def _who(tls: ExpectedTls) -> str:
    return "Backend" if _own(tls) else "BackendTLSPolicy"


def _field(tls: ExpectedTls) -> str:
    """The field that names the server."""
    return "policies.tls.sni" if _own(tls) else "validation.hostname"


def plaintext(failure: Failure) -> Diagnosis | None:
    carried = [one.connection for one in failure.exchange.arrivals]
    if not any(one.kind == "plaintext-on-tls-port" for one in (*failure.exchange.connections, *carried)):
        return None
    expected = failure.exchange.expected
    if expected.tls is not None and expected.tls.trust is None:
        cause = (
            f"the {_who(expected.tls)}'s caCertificateRefs name no usable authority, and instead of refusing the"
            " gateway fell back to plaintext: the key went in clear"
        )
        return Diagnosis(cause, f"mend the references; {_TOO}", failure.where("tls"))
    if expected.tls is not None:
        wanted = "the Backend asks for TLS" if _own(expected.tls) else "a BackendTLSPolicy is in force"
        cause = f"the gateway spoke plaintext although {wanted}: the key went in clear"
        return Diagnosis(cause, GATEWAY, failure.where("tls"))
    if expected.backend is None or failure.scenario.identity == "plaintext":
        return None
    # The person's own names: a variation's would only puzzle, and count as a cause of its own.
    name = expected.backend.origin.manifest.written("metadata", "name") or expected.backend.id.name
    host = _written(expected.because.get("host")) or expected.host
    near = policy_astray(failure.configuration, expected.backend)
    cause = no_tls(failure.dialect, name)
    section = section_of(expected.backend, expected.llm) if expected.llm else None
    remedy = add_policy(failure.dialect, expected.backend.id, name, host, section)
    return Diagnosis(f"{cause}{near}", remedy, failure.where("host"))


def _written(origin: Origin | None) -> str | None:
    """What the person wrote into a field; None for what a case has put there."""
    found = origin.manifest.written(*origin.path) if origin else None
    return found if isinstance(found, str) else None


def another_policy(failure: Failure) -> Diagnosis | None:
    """The server name is what a policy says which is not in force, or nobody, and the connection came to nothing."""
    tls = failure.exchange.expected.tls
    names = {one.tls.sni for one in failure.exchange.connections if one.tls}
    if tls is None or failure.exchange.arrivals or tls.sni in names:
        return None
    others = [one for one in failure.configuration.policies if one.origin.manifest is not tls.origin.manifest]
    if not any(one.hostname in names for one in others):
        broken = any(one.tls and not one.tls.completed for one in failure.exchange.connections)
        return _another_name(tls, names, failure.where("tls")) if broken and tls.sni else None
    cause = "the gateway follows another policy than the one that is in force on the provider"
    return Diagnosis(cause, GATEWAY, failure.where("tls"))


def handshake(failure: Failure) -> Diagnosis | None:
    """A TLS connection that came to nothing where the case wants an answer; where it wants none, nothing differs."""
    if failure.scenario.behaviour.stalls_handshake:
        return None  # it was to come to nothing
    opened = [one.tls for one in failure.exchange.connections if one.tls]
    failed = [one for one in opened if not one.completed]
    expected = failure.exchange.expected
    # Some verify names after the handshake only, and end the connection then.
    given_up = bool(opened) and not failure.exchange.arrivals and (failure.exchange.response.status or 0) >= 500
    if expected.tls is None or not (failed or given_up):
        return None
    where = failure.where("tls")
    sni, host = _written(expected.tls.origin), _written(expected.because.get("host"))
    if sni is None or host is None or sni == host:
        sni, host = expected.tls.sni, expected.host
    if expected.tls.trust is None:
        cause = (
            f"the {_who(expected.tls)}'s caCertificateRefs name no usable authority, so no certificate can be trusted"
        )
        return Diagnosis(cause, "refer to ConfigMaps in its own namespace whose ca.crt holds PEM", where)
    shown = {*failure.scenario.names, *([WRONG_NAME] if failure.scenario.identity == "wrong-name" else ())}
    if expected.tls.alternatives is not None and shown & set(expected.tls.verify):
        names = ", ".join(expected.tls.verify)
        return Diagnosis(f"the gateway did not take a certificate for one of the alternative names, {names}", GATEWAY)
    if expected.tls.alternatives is not None and expected.host not in expected.tls.verify:
        return _other_names(expected.tls, expected.tls.alternatives, host)
    if sni != host and expected.tls.alternatives is None:
        field = _field(expected.tls)
        cause = f"{field} {sni!r} differs from the Backend's host {host!r}, whose certificate is for {host}"
        return Diagnosis(cause, f"set {field} to {host}", where)
    if (authorities := expected.tls.trust.count("BEGIN CERTIFICATE")) > 1:
        cause = f"the gateway does not trust each of the {authorities} authorities that caCertificateRefs name"
    elif not failed:
        said = failure.exchange.response.excerpt(160)
        cause = f"the gateway ended the connection after the TLS handshake: {said!r}"
    else:
        reason = failed[0].failure or "the connection ended"
        cause = f"the gateway broke off the TLS handshake: {reason}"
    return Diagnosis(cause, "look at the gateway's trust store and log", where)


def _other_names(tls: ExpectedTls, listed: Origin, host: str) -> Diagnosis:
    field = "policies.tls.verifySubjectAltNames" if _own(tls) else "validation.subjectAltNames"
    cause = (
        f"the names in {field} ({', '.join(tls.verify)}) are verified in place of the server's name, and the"
        f" certificate of {host} is for none of them"
    )
    return Diagnosis(cause, f"remove {field}, or list {host} there", listed.place)


def server_name(failure: Failure) -> Diagnosis | None:
    mismatch, expected = failure.about(Facet.TLS), failure.exchange.expected
    if mismatch is None or not (names := _server_names(failure.exchange)):
        return None
    where = failure.where("tls")
    if expected.tls is None:
        cause = "the gateway spoke TLS although no BackendTLSPolicy is in force for the Backend"
        return Diagnosis(cause, GATEWAY, failure.where("host"))
    if "" in names:
        cause = "the gateway sent no server name (SNI is empty), so a provider with several hosts picks a wrong"
        return Diagnosis(f"{cause} certificate", GATEWAY, where)
    return _another_name(expected.tls, names, where)


def _another_name(tls: ExpectedTls, sent: Collection[str | None], where: Place | None) -> Diagnosis:
    whose = "the Backend's" if _own(tls) else "the policy's"
    cause = f"the gateway sent another server name than {whose} {_field(tls)} {tls.sni}"
    return Diagnosis(f"{cause}: {', '.join(sorted(one for one in sent if one)) or 'none'}", GATEWAY, where)


def _server_names(exchange: Exchange) -> set[str]:
    """The names in the ClientHellos to the Backend's place, and in those of what carried the request; empty: none."""
    place = exchange.expected.host, exchange.expected.port
    opened = [one for one in exchange.connections if (one.host, one.port) == place]
    return {one.tls.sni or "" for one in (*opened, *(seen.connection for seen in exchange.arrivals)) if one.tls}


_ACCEPTED = {
    "wrong-name": "the gateway did not verify the certificate's name",
    "cn-only": "the gateway did not verify the certificate's name: it is only in the subject's common name",
    "self-signed": "the gateway did not verify the certificate's authority: the certificate is self-signed",
    "other-authority": "the gateway did not verify the certificate's authority",
    "expired": "the gateway accepted an expired certificate",
    "not-yet-valid": "the gateway accepted a certificate that is not valid yet",
}


def unverified(failure: Failure) -> Diagnosis | None:
    arrived = failure.exchange.arrivals and failure.exchange.arrivals[0].connection.tls
    if not arrived or failure.about(Facet.ARRIVAL, Facet.LEAK) is None:
        return None
    cause = _ACCEPTED.get(failure.scenario.identity)
    if cause is None and failure.exchange.expected.tls is not None:
        expected = failure.exchange.expected
        assert expected.tls is not None
        who = "the Backend" if _own(expected.tls) else "the policy"
        if expected.tls.trust is None:
            cause = f"the gateway trusted a certificate although {who}'s authorities are unusable"
        elif expected.tls.trust != "system":
            cause = f"the gateway did not verify the certificate's authority against {who}'s caCertificateRefs"
        elif expected.host not in expected.tls.verify:
            cause = f"the gateway did not verify the certificate's name against {who}"
    return Diagnosis(f"{cause}; the key went to whoever answered", GATEWAY, failure.where("tls")) if cause else None
