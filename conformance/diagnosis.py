"""From evidence to the probable cause and its remedy; the first rule that recognises the evidence speaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.causes import cause_on_the_way
from conformance.dialects import dialect_named
from conformance.dialects.model import Backend, Configuration, Origin
from conformance.diversions import cause_of_diversion
from conformance.exchange import Exchange
from conformance.expect import Mismatch
from conformance.located import dotted
from conformance.oracle import DEFAULT_HOST
from conformance.redaction import redact
from conformance.scenario import Scenario

__all__ = ["Diagnosis", "Finding", "diagnose"]

_GATEWAY_TOO = "report the fall-back to the gateway's project with this output"
_GATEWAY = "none in the manifests: they are right. Report it to the gateway's project with this output."


@dataclass(frozen=True)
class Diagnosis:
    """Why a case failed, as far as the evidence tells, and what to change."""

    cause: str
    remedy: str
    where: str = ""


@dataclass(frozen=True)
class Finding:
    """All that rules look at."""

    exchange: Exchange
    mismatches: tuple[Mismatch, ...]
    configuration: Configuration
    scenario: Scenario

    def about(self, *facets: str) -> Mismatch | None:
        """The first mismatch about one of these facets."""
        return next((one for one in self.mismatches if one.about in facets), None)

    @property
    def backend(self) -> Backend | None:
        """The Backend that the request belongs to."""
        return self.exchange.expected.backend

    def where(self, part: str) -> str:
        """`file:line:column field` of the manifest field that decides a part."""
        origin = self.exchange.expected.because.get(part)
        return f"{origin.position} {dotted(origin.path)}" if origin else ""


def diagnose(finding: Finding) -> Diagnosis:
    """The probable cause of these mismatches."""
    for rule in _RULES:
        if (found := rule(finding)) is not None:
            return Diagnosis(redact(found.cause), redact(found.remedy), found.where)
    return Diagnosis("the gateway did not do what the case states", _GATEWAY)


def _plaintext(finding: Finding) -> Diagnosis | None:
    carried = [one.connection for one in finding.exchange.arrivals]
    if not any(one.kind.startswith("plaintext-on") for one in (*finding.exchange.connections, *carried)):
        return None
    expected = finding.exchange.expected
    if expected.tls is not None and expected.tls.trust is None:
        cause = (
            "the BackendTLSPolicy's caCertificateRefs name no usable authority, and instead of refusing the gateway"
            " fell back to plaintext: the key went in clear"
        )
        return Diagnosis(cause, f"mend the references; {_GATEWAY_TOO}", finding.where("tls"))
    if expected.tls is not None:
        cause = "the gateway spoke plaintext although a BackendTLSPolicy is in force: the key went in clear"
        return Diagnosis(cause, _GATEWAY, finding.where("tls"))
    if expected.backend is None or finding.scenario.identity == "plaintext":
        return None
    # The person's own names: a variation's would only puzzle, and count as a cause of its own.
    name = expected.backend.origin.manifest.written("metadata", "name") or expected.backend.id.name
    host = _written(expected.because.get("host")) or expected.host
    near = _near_policy(finding.configuration, expected.backend)
    cause = f"no BackendTLSPolicy is in force for Backend {name}, so the gateway speaks plaintext, key included, to TLS"
    remedy = (
        f"add a BackendTLSPolicy in namespace {expected.backend.id.namespace} with targetRefs"
        f" [{{group: {expected.backend.id.group}, kind: {expected.backend.id.kind}, name: {name}}}]"
        f" and validation {{hostname: {host}, wellKnownCACertificates: System}}"
    )
    return Diagnosis(f"{cause}{near}", remedy, finding.where("host"))


def _written(origin: Origin | None) -> str | None:
    """What the person wrote into a field; None for what a case has put there."""
    found = origin.manifest.written(*origin.path) if origin else None
    return found if isinstance(found, str) else None


def _near_policy(configuration: Configuration, backend: Backend) -> str:
    """A policy that was meant for the Backend but names something else."""
    for policy in configuration.policies:
        at = policy.origin.below("targetRefs", 0).position
        if policy.id.namespace != backend.id.namespace:
            return f"; the policy {policy.id.name} at {at} is in another namespace, {policy.id.namespace}"
        for group, kind, name, _ in policy.targets:
            return f"; the policy {policy.id.name} at {at} targets {kind}.{group} {name} instead"
    return ""


def _handshake(finding: Finding) -> Diagnosis | None:
    """A TLS handshake that failed where the case wants an answer; where it wants none, nothing differs."""
    failed = [one for one in finding.exchange.connections if one.tls and not one.tls.completed]
    expected = finding.exchange.expected
    if not failed or expected.tls is None:
        return None
    where = finding.where("tls")
    sni, host = _written(expected.tls.origin), _written(expected.because.get("host"))
    if sni is None or host is None or sni == host:
        sni, host = expected.tls.sni, expected.host
    if expected.tls.trust is None:
        cause = "the BackendTLSPolicy's caCertificateRefs name no usable authority, so no certificate can be trusted"
        return Diagnosis(cause, "refer to ConfigMaps in the policy's namespace whose ca.crt holds PEM", where)
    if sni != host:
        cause = f"validation.hostname {sni!r} differs from the Backend's host {host!r}, whose certificate is for {host}"
        return Diagnosis(cause, f"set validation.hostname to {host}", where)
    reason = failed[0].tls.failure if failed[0].tls else ""
    cause = f"the gateway broke off the TLS handshake: {reason}"
    return Diagnosis(cause, "look at the gateway's trust store and log", where)


def _server_name(finding: Finding) -> Diagnosis | None:
    mismatch, expected = finding.about("tls"), finding.exchange.expected
    if mismatch is None or "TLS with SNI" not in mismatch.observed:
        return None
    where = finding.where("tls")
    if expected.tls is None:
        cause = "the gateway spoke TLS although no BackendTLSPolicy is in force for the Backend"
        return Diagnosis(cause, _GATEWAY, finding.where("host"))
    if "SNI (none)" in mismatch.observed:
        cause = "the gateway sent no server name (SNI is empty), so a provider with several hosts picks a wrong"
        return Diagnosis(f"{cause} certificate", _GATEWAY, where)
    cause = f"the gateway sent another server name than the policy's validation.hostname {expected.tls.sni}"
    return Diagnosis(cause, _GATEWAY, where)


_ACCEPTED = {
    "wrong-name": "the gateway did not verify the certificate's name",
    "cn-only": "the gateway did not verify the certificate's name: it is only in the subject's common name",
    "self-signed": "the gateway did not verify the certificate's authority: the certificate is self-signed",
    "other-authority": "the gateway did not verify the certificate's authority",
    "expired": "the gateway accepted an expired certificate",
    "not-yet-valid": "the gateway accepted a certificate that is not valid yet",
}


def _unverified(finding: Finding) -> Diagnosis | None:
    arrived = finding.exchange.arrivals and finding.exchange.arrivals[0].connection.tls
    if not arrived or finding.about("arrival", "leak") is None:
        return None
    cause = _ACCEPTED.get(finding.scenario.identity)
    if cause is None and finding.exchange.expected.tls is not None:
        expected = finding.exchange.expected
        assert expected.tls is not None
        if expected.tls.trust is None:
            cause = "the gateway trusted a certificate although the policy's authorities are unusable"
        elif expected.tls.trust != "system":
            cause = "the gateway did not verify the certificate's authority against the policy's caCertificateRefs"
        elif expected.host not in expected.tls.verify:
            cause = "the gateway did not verify the certificate's name against the policy"
    return Diagnosis(f"{cause}; the key went to whoever answered", _GATEWAY, finding.where("tls")) if cause else None


def _credential(finding: Finding) -> Diagnosis | None:
    mismatch, expected = finding.about("credential", "leak"), finding.exchange.expected.credential
    if not finding.exchange.arrivals:
        return None
    where = finding.where("auth")
    name = expected[0] if expected else "Authorization"
    values = finding.exchange.arrivals[0].values(name)
    if mismatch is None:
        # The provider's 401 says the same, also in cases about something else.
        if finding.exchange.arrivals[0].status != 401 or expected is None or values == [expected[1]]:
            return None
        mismatch = Mismatch("credential", name, str(len(values)))
    sent = redact(", ".join(values))
    clients = finding.exchange.request.values(name)
    if any(value in clients for value in values) and not finding.exchange.expected.passthrough:
        beside = "beside" if len(values) > 1 else "in place of"
        return Diagnosis(f"the client's own key was forwarded {beside} the Backend's", _GATEWAY, where)
    if mismatch.about == "leak":
        return Diagnosis("the gateway sent a key where none may go", _GATEWAY, where)
    if not values:
        return Diagnosis(f"the gateway sent no key: the header {name} is missing", _GATEWAY, where)
    if other := re.search(r"<([a-z0-9-]+)-key>", sent):
        mine = redact(expected[1]) if expected else ""
        if f"<{other[1]}-key>" not in mine:
            return Diagnosis(f"the key of another provider was sent: {other[1]}'s", _GATEWAY, where)
    return Diagnosis(f"the gateway sent another credential than configured: {sent}", _GATEWAY, where)


def _placeholder(finding: Finding) -> Diagnosis | None:
    if finding.about("placeholder") is None:
        return None
    return Diagnosis("a placeholder was sent where the key belongs", _GATEWAY, finding.where("auth"))


def _default_host(finding: Finding) -> Diagnosis | None:
    """The request went to the default provider instead of the Backend's, in the worst case with the key."""
    seen = [*finding.exchange.connections, *(one.connection for one in finding.exchange.arrivals)]
    if finding.about("reached", "elsewhere") is None or not any(one.host == DEFAULT_HOST for one in seen):
        return None
    went = f"the request went to {DEFAULT_HOST}, the default provider's host"
    for _, llm in finding.configuration.llms():
        if misplaced := dialect_named(finding.configuration.dialect).misplaced_fields(llm):
            names = ", ".join(misplaced)
            cause = f"what stands under {llm.provider} counts for nothing there ({names}): {went}"
            remedy = f"indent {names} one level less, beside {llm.provider}"
            return Diagnosis(cause, remedy, str(llm.origin.below(llm.provider, misplaced[0]).position))
    return Diagnosis(f"{went}, and not to the Backend's", _GATEWAY, finding.where("host"))


def _path(finding: Finding) -> Diagnosis | None:
    mismatch = finding.about("target")
    if mismatch is None or not finding.exchange.arrivals:
        return None
    observed, client = finding.exchange.arrivals[0].target, finding.exchange.request.path
    where = finding.where("path")
    if observed.partition("?")[0] == mismatch.expected.partition("?")[0]:
        return Diagnosis("the client's query string was kept; path.full replaces the whole target", _GATEWAY, where)
    if observed.partition("?")[0] == client.partition("?")[0]:
        return Diagnosis("the path was not replaced: the client's own path went upstream", _GATEWAY, where)
    return Diagnosis("the gateway made another path than configured", _GATEWAY, where)


def _model(finding: Finding) -> Diagnosis | None:
    if finding.about("model") is None or not finding.exchange.arrivals:
        return None
    if finding.exchange.expected.model is None:
        return Diagnosis("the gateway changed the client's model although the Backend has none", _GATEWAY)
    return Diagnosis("the Backend's model did not override the client's", _GATEWAY, finding.where("backend"))


def _response_model(finding: Finding) -> Diagnosis | None:
    if finding.about("response model") is None or not finding.exchange.arrivals:
        return None
    return Diagnosis("the gateway changed the model that the provider's answer names", _GATEWAY)


def _stream(finding: Finding) -> Diagnosis | None:
    if finding.about("streaming") is None:
        return None
    cause = "the response was buffered instead of streamed: nothing reached the client while the provider was sending"
    return Diagnosis(cause, "look for a buffering proxy in between; else report it to the gateway's project")


def _provider_refused(finding: Finding) -> Diagnosis | None:
    """The request arrived in order, but the provider does not take it."""
    response, arrivals = finding.exchange.response, finding.exchange.arrivals
    if not arrivals or finding.about("status") is None or response.status != arrivals[0].status:
        return None
    host, target = finding.exchange.expected.host, arrivals[0].target
    if response.status == 404:
        cause = f"{host} has no path {target!r}"
        doubled = re.search(r"((?:/[^/?]+)+)\1(?=/|\?|$)", target)
        if doubled:
            cause += f": {doubled[1]!r} stands twice in it"
            return Diagnosis(
                cause, f"write it once: {target.replace(doubled[0], doubled[1], 1)}", finding.where("path")
            )
        return Diagnosis(cause, "set path.full to the provider's chat completions path", finding.where("path"))
    if response.status == 401:
        return Diagnosis(f"{host} does not accept the key that was sent", "check the Secret", finding.where("auth"))
    if response.status == 400:
        return Diagnosis(
            f"{host} refused the request: {response.text[:120]}", "check model and body", finding.where("backend")
        )
    return None


def _routing(finding: Finding) -> Diagnosis | None:
    exchange = finding.exchange
    if exchange.expected.answer and exchange.arrivals and finding.about("arrival", "status"):
        if exchange.expected.answer.status == 404:
            cause = (
                f"the path {exchange.request.path!r} matched a route that it must not match: prefixes go by segments"
            )
            return Diagnosis(cause, _GATEWAY)
        return Diagnosis(f"the request went out although {exchange.expected.answer.why}", _GATEWAY)
    if exchange.expected.answer and finding.about("status", "arrival", "target", "credential", "model", "reached"):
        wanted, got, cause = exchange.expected.answer.status, exchange.response.status, exchange.expected.answer.why
        if finding.about("status") and got not in (wanted, None):
            return Diagnosis(f"the gateway answered {got} instead of {wanted}: {cause}", _GATEWAY)
        return Diagnosis(cause, "mend the manifests", finding.where("auth") or finding.where("backend"))
    if exchange.response.status == 404 and not exchange.arrivals:
        host = next(iter(exchange.request.values("host")), "")
        asked = f"{exchange.request.method} {exchange.request.path}{f' with Host {host}' if host else ''}"
        cause = f"the gateway has no route for {asked}, although one of the manifests matches it"
        return Diagnosis(cause, "check the HTTPRoute's parentRefs and its status; if they are right, report it")
    return None


_SELECTION = {
    "share": "the gateway does not divide requests among the backendRefs by their weights",
    "listener": "the Gateway has no such listener, or its status counts no routes there",
}


def _selection(finding: Finding) -> Diagnosis | None:
    """Which listener and which backendRef a request falls to."""
    found = next((cause for facet, cause in _SELECTION.items() if finding.about(facet)), None)
    return Diagnosis(found, _GATEWAY) if found else None


def _diverted(finding: Finding) -> Diagnosis | None:
    cause = cause_of_diversion(finding.exchange, finding.mismatches)
    return Diagnosis(cause, _GATEWAY, finding.where("host")) if cause else None


def _unfollowed(finding: Finding) -> Diagnosis | None:
    """An object was changed, and the gateway goes on as if it had not been."""
    if (mismatch := finding.about("change")) is None:
        return None
    what, _, time = mismatch.expected.removeprefix("the gateway follows ").partition(" within ")
    cause = f"{time} after the change of {what} the gateway still does not do what the manifests say"
    return Diagnosis(cause, _GATEWAY)


def _on_the_way(finding: Finding) -> Diagnosis | None:
    cause = cause_on_the_way(finding.exchange, finding.mismatches)
    return Diagnosis(cause, _GATEWAY) if cause else None


def _leaked(finding: Finding) -> Diagnosis | None:
    if finding.about("leak") is None:
        return None
    return Diagnosis("a key is visible where it must not be", _GATEWAY)


def _unreached(finding: Finding) -> Diagnosis | None:
    exchange = finding.exchange
    if exchange.arrivals or (exchange.response.status or 0) < 500 or exchange.connections:
        return None
    if finding.about("status", "arrival", "reached", "target") is None:
        return None
    cause = f"the gateway answered {exchange.response.status} by itself: {exchange.response.text[:160]!r}"
    return Diagnosis(cause, "look at the statuses of Backend, HTTPRoute and policy, and at the gateway's log")


_RULES: Iterable[Callable[[Finding], Diagnosis | None]] = (
    _default_host,
    _diverted,
    _plaintext,
    _unfollowed,
    _handshake,
    _server_name,
    _unverified,
    _placeholder,
    _credential,
    _path,
    _model,
    _response_model,
    _stream,
    _on_the_way,
    _provider_refused,
    _selection,
    _routing,
    _leaked,
    _unreached,
)
