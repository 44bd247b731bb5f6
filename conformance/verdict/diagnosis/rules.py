"""From evidence to the probable cause and its remedy; the first rule that recognises the evidence speaks."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence

from conformance.core.problems import Place
from conformance.core.redaction import key_owners, redact
from conformance.exchange.expectations.base import Change, Mismatch
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.statuses import Condition
from conformance.exchange.oracle.upstream import DEFAULT_HOST, Expected
from conformance.manifests.remedies import doubled, indent_less
from conformance.verdict.diagnosis.diversion import cause_of_diversion
from conformance.verdict.diagnosis.finding import GATEWAY, Diagnosis, Finding
from conformance.verdict.diagnosis.tls import handshake, plaintext, server_name, unverified
from conformance.verdict.diagnosis.transit import cause_on_the_way

__all__ = ["Diagnosis", "Finding", "diagnose", "diagnose_refusal"]


def diagnose(finding: Finding) -> Diagnosis:
    """The probable cause of these mismatches."""
    for rule in _RULES:
        if (found := rule(finding)) is not None:
            return Diagnosis(redact(found.cause), redact(found.remedy), found.where)
    return Diagnosis("the gateway did not do what the case states", GATEWAY)


_MEND = "mend the manifests"
_REFUSED = "IncompatibleFilters"
_MOST_MODELS = 5


def diagnose_refusal(expected: Expected, mismatches: Sequence[Mismatch]) -> Diagnosis | None:
    """The cause of a route's status that refuses its filters: what makes the gateway answer its requests by itself."""
    origin = expected.because.get("backend")
    reasons = {one.detail.reason for one in mismatches if isinstance(one.detail, Condition)}
    if expected.answer is None or origin is None or _REFUSED not in reasons:
        return None
    return Diagnosis(expected.answer.why, _MEND, origin.place)


def _credential(finding: Finding) -> Diagnosis | None:
    mismatch, expected = finding.about(Facet.CREDENTIAL, Facet.LEAK), finding.exchange.expected.credential
    if not finding.exchange.arrivals:
        return None
    where = finding.where("auth")
    name = expected[0] if expected else "Authorization"
    values = finding.exchange.arrivals[0].values(name)
    # The provider's 401 says the same, also in cases about something else.
    refused = finding.exchange.arrivals[0].status == 401 and expected is not None and values != [expected[1]]
    if mismatch is None and not refused:
        return None
    sent = ", ".join(values)
    clients = finding.exchange.request.values(name)
    if any(value in clients for value in values) and not finding.exchange.expected.passthrough:
        beside = "beside" if len(values) > 1 else "in place of"
        return Diagnosis(f"the client's own key was forwarded {beside} the Backend's", GATEWAY, where)
    if mismatch is not None and mismatch.about is Facet.LEAK:
        return Diagnosis("the gateway sent a key where none may go", GATEWAY, where)
    if not values:
        return Diagnosis(f"the gateway sent no key: the header {name} is missing", GATEWAY, where)
    if others := key_owners(sent) - key_owners(expected[1] if expected else ""):
        return Diagnosis(f"the key of another provider was sent: {min(others)}'s", GATEWAY, where)
    return Diagnosis(f"the gateway sent another credential than configured: {sent}", GATEWAY, where)


def _placeholder(finding: Finding) -> Diagnosis | None:
    if finding.about(Facet.PLACEHOLDER) is None:
        return None
    return Diagnosis("a placeholder was sent where the key belongs", GATEWAY, finding.where("auth"))


def _default_host(finding: Finding) -> Diagnosis | None:
    """The request went to the default provider instead of the Backend's, in the worst case with the key."""
    seen = [*finding.exchange.connections, *(one.connection for one in finding.exchange.arrivals)]
    if finding.about(Facet.REACHED, Facet.ELSEWHERE) is None or not any(one.host == DEFAULT_HOST for one in seen):
        return None
    went = f"the request went to {DEFAULT_HOST}, the default provider's host"
    for _, llm in finding.configuration.llms():
        if misplaced := finding.dialect.misplaced_fields(llm):
            names = ", ".join(misplaced)
            cause = f"what stands under {llm.provider} counts for nothing there ({names}): {went}"
            remedy = indent_less(misplaced, llm.provider)
            return Diagnosis(cause, remedy, Place(llm.origin.below(llm.provider, misplaced[0]).position))
    return Diagnosis(f"{went}, and not to the Backend's", GATEWAY, finding.where("host"))


def _path(finding: Finding) -> Diagnosis | None:
    if finding.about(Facet.TARGET) is None or not finding.exchange.arrivals:
        return None
    observed, client = finding.exchange.arrivals[0].target, finding.exchange.request.path
    where = finding.where("path")
    if observed.partition("?")[0] == finding.exchange.expected.target.partition("?")[0]:
        return Diagnosis(
            f"the client's query string was kept; {finding.dialect.PATH} replaces the whole target", GATEWAY, where
        )
    if observed.partition("?")[0] == client.partition("?")[0]:
        return Diagnosis("the path was not replaced: the client's own path went upstream", GATEWAY, where)
    return Diagnosis("the gateway made another path than configured", GATEWAY, where)


def _model(finding: Finding) -> Diagnosis | None:
    if finding.about(Facet.MODEL) is None or not finding.exchange.arrivals:
        return None
    if finding.exchange.expected.model is None:
        return Diagnosis("the gateway changed the client's model although the Backend has none", GATEWAY)
    return Diagnosis("the Backend's model did not override the client's", GATEWAY, finding.where("backend"))


def _response_model(finding: Finding) -> Diagnosis | None:
    if finding.about(Facet.RESPONSE_MODEL) is None or not finding.exchange.arrivals:
        return None
    return Diagnosis("the gateway changed the model that the provider's answer names", GATEWAY)


def _stream(finding: Finding) -> Diagnosis | None:
    if finding.about(Facet.STREAMING) is None:
        return None
    cause = "the response was buffered instead of streamed: nothing reached the client while the provider was sending"
    return Diagnosis(cause, "look for a buffering proxy in between; else report it to the gateway's project")


def _provider_refused(finding: Finding) -> Diagnosis | None:
    """The request arrived in order, but the provider does not take it."""
    response, arrivals = finding.exchange.response, finding.exchange.arrivals
    if not arrivals or finding.about(Facet.STATUS) is None or response.status != arrivals[0].status:
        return None
    host, target = finding.exchange.expected.host, arrivals[0].target
    if arrivals[0].refused == "unknown_model":
        return _unknown_model(finding)
    if response.status == 404:
        cause = f"{host} has no path {target!r}"
        if twice := doubled(target):
            cause += f": {twice[0]!r} stands twice in it"
            return Diagnosis(cause, f"write it once: {twice[1]}", finding.where("path"))
        known = finding.provider is not None and not finding.provider.any_model
        path = finding.provider.path if finding.provider and known else "the provider's chat completions path"
        return Diagnosis(cause, f"set {finding.dialect.PATH} to {path}", finding.where("path"))
    if response.status == 401:
        return Diagnosis(f"{host} does not accept the key that was sent", "check the Secret", finding.where("auth"))
    if response.status == 400:
        return Diagnosis(
            f"{host} refused the request: {response.text[:120]}", "check model and body", finding.where("backend")
        )
    return None


def _unknown_model(finding: Finding) -> Diagnosis:
    """Vendors answer it with 404, 400 or others; only the lookalike's record tells it from a wrong path or body."""
    expected, provider = finding.exchange.expected, finding.provider
    known = provider.models if provider and not provider.any_model else ()
    listed = f"; its facts list {', '.join(known[:_MOST_MODELS])}" if known else ""
    cause = f"{expected.host} does not know the model {expected.model or 'of the request'}{listed}"
    if expected.llm is None or expected.model is None:
        return Diagnosis(cause, "name one of its models", finding.where("backend"))
    near = next(iter(difflib.get_close_matches(expected.model, known, n=1, cutoff=0)), "one of its models")
    origin = expected.llm.origin.below(expected.llm.provider, "model")
    return Diagnosis(cause, f"set model to {near}", origin.place)


def _routing(finding: Finding) -> Diagnosis | None:
    exchange = finding.exchange
    if exchange.expected.answer and exchange.arrivals and finding.about(Facet.ARRIVAL, Facet.STATUS):
        if not exchange.expected.because:
            cause = (
                f"the path {exchange.request.path!r} matched a route that it must not match: prefixes go by segments"
            )
            return Diagnosis(cause, GATEWAY)
        return Diagnosis(f"the request went out although {exchange.expected.answer.why}", GATEWAY)
    if exchange.expected.answer and finding.about(
        Facet.STATUS, Facet.ARRIVAL, Facet.TARGET, Facet.CREDENTIAL, Facet.MODEL, Facet.REACHED
    ):
        wanted, got, cause = exchange.expected.answer.status, exchange.response.status, exchange.expected.answer.why
        if finding.about(Facet.STATUS) and got not in (wanted, None):
            return Diagnosis(f"the gateway answered {got} instead of {wanted}: {cause}", GATEWAY)
        return Diagnosis(cause, _MEND, finding.where("auth") or finding.where("backend"))
    if exchange.response.status == 404 and not exchange.arrivals:
        host = next(iter(exchange.request.values("host")), "")
        asked = f"{exchange.request.method} {exchange.request.path}{f' with Host {host}' if host else ''}"
        cause = f"the gateway has no route for {asked}, although one of the manifests matches it"
        return Diagnosis(cause, "check the HTTPRoute's parentRefs and its status; if they are right, report it")
    return None


_SELECTION = {
    Facet.SHARE: "the gateway does not divide requests among the backendRefs by their weights",
    Facet.LISTENER: "the Gateway has no such listener, or its status counts no routes there",
}


def _selection(finding: Finding) -> Diagnosis | None:
    """Which listener and which backendRef a request falls to."""
    found = next((cause for facet, cause in _SELECTION.items() if finding.about(facet)), None)
    return Diagnosis(found, GATEWAY) if found else None


def _diverted(finding: Finding) -> Diagnosis | None:
    cause = cause_of_diversion(finding.exchange, finding.mismatches)
    return Diagnosis(cause, GATEWAY, finding.where("host")) if cause else None


def _unfollowed(finding: Finding) -> Diagnosis | None:
    """An object was changed, and the gateway goes on as if it had not been."""
    mismatch = finding.about(Facet.CHANGE)
    if mismatch is None or not isinstance(change := mismatch.detail, Change):
        return None
    when = f"{change.seconds:.0f} s after the change of {change.what}"
    return Diagnosis(f"{when} the gateway still does not do what the manifests say", GATEWAY)


def _on_the_way(finding: Finding) -> Diagnosis | None:
    cause = cause_on_the_way(finding.exchange, finding.mismatches)
    return Diagnosis(cause, GATEWAY) if cause else None


def _leaked(finding: Finding) -> Diagnosis | None:
    if finding.about(Facet.LEAK) is None:
        return None
    return Diagnosis("a key is visible where it must not be", GATEWAY)


def _unreached(finding: Finding) -> Diagnosis | None:
    exchange = finding.exchange
    if exchange.arrivals or (exchange.response.status or 0) < 500 or exchange.connections:
        return None
    if finding.about(Facet.STATUS, Facet.ARRIVAL, Facet.REACHED, Facet.TARGET) is None:
        return None
    cause = f"the gateway answered {exchange.response.status} by itself: {exchange.response.text[:160]!r}"
    return Diagnosis(cause, "look at the statuses of Backend, HTTPRoute and policy, and at the gateway's log")


_RULES: Iterable[Callable[[Finding], Diagnosis | None]] = (
    _default_host,
    _diverted,
    plaintext,
    _unfollowed,
    handshake,
    server_name,
    unverified,
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
