"""From evidence to the probable cause and its remedy; the first rule that recognises the evidence speaks."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from conformance.core.problems import Place
from conformance.core.redaction import key_owners, redact
from conformance.exchange.expectations.base import HeaderReturns, Mismatch
from conformance.exchange.expectations.credentials import PLACES, Elsewhere, values_placed
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.statuses import Condition
from conformance.exchange.expectations.steadiness import Share
from conformance.exchange.oracle.upstream import DEFAULT_HOST, Expected, Part
from conformance.manifests.remedies import indent_less
from conformance.manifests.secrets import is_placeholder
from conformance.verdict.diagnosis.diversion import cause_of_diversion, wrongly_matched
from conformance.verdict.diagnosis.failover import taken_along
from conformance.verdict.diagnosis.failure import GATEWAY, UNKNOWN, Diagnosis, Failure
from conformance.verdict.diagnosis.head import authority, model, no_such_path, path, response_model
from conformance.verdict.diagnosis.tls import another_policy, handshake, plaintext, server_name, unverified
from conformance.verdict.diagnosis.told_by import filter_with, matched_by, model_set_by, whose_key
from conformance.verdict.diagnosis.transit import cause_on_the_way, kept_back
from conformance.verdict.diagnosis.waiting import timed_out, unfollowed, unlimited

__all__ = ["Diagnosis", "Failure", "diagnose", "diagnose_refusal"]


def diagnose(failure: Failure) -> Diagnosis:
    """The probable cause of these mismatches."""
    often, still = _often(failure), unfollowed(failure)
    for rule, area in _RULES.items():
        if (found := rule(failure)) is None:
            continue
        if still:
            # What it still does is told besides; that it does is what the case is about.
            return Diagnosis(redact(f"{often}{still}: {found.cause}"), GATEWAY, found.where)
        return Diagnosis(redact(often + found.cause), redact(found.remedy), found.where, found.area or area)
    if still:
        return Diagnosis(redact(often + still), GATEWAY)
    return Diagnosis(f"{often}the gateway did not do what the case states", GATEWAY, area=UNKNOWN)


def _often(failure: Failure) -> str:
    """How often it shows, where other exchanges that are alike are in order: a cause in its own right."""
    mismatch = failure.about(Facet.INTERMITTENT)
    share = mismatch.detail if mismatch else None
    return f"intermittent ({share.failed} of {share.of}): " if isinstance(share, Share) else ""


_MEND = "mend the manifests"
_REFUSED = "IncompatibleFilters"
_MOST_MODELS = 5
_DECIDING: Sequence[Part] = ("auth", "backend", "path", "rule", "route")
"""By which part of an expectation the gateway answers by itself, the narrowest first."""


def diagnose_refusal(expected: Expected, mismatches: Sequence[Mismatch]) -> Diagnosis | None:
    """The cause of a route's status that refuses its filters: what makes the gateway answer its requests by itself."""
    origin = expected.because.get("backend")
    reasons = {one.detail.reason for one in mismatches if isinstance(one.detail, Condition)}
    if expected.answer is None or origin is None or _REFUSED not in reasons:
        return None
    return Diagnosis(expected.answer.why, _MEND, origin.place, "routing")


def _astray(failure: Failure) -> str:
    """Which of a Backend's keys is not where it belongs, of those that are not its one header; empty: none of them."""
    arrival, expected = failure.exchange.arrivals[0], failure.exchange.expected
    mismatch = failure.about(Facet.CREDENTIAL)
    if mismatch is not None and isinstance(mismatch.detail, Elsewhere):
        return f"the key was sent in another header, too: {', '.join(mismatch.detail.headers)}"
    if expected.placed is not None:
        kind, name, value = expected.placed
        if value not in (found := values_placed(failure.exchange, kind, name)):
            return f"the key did not arrive in the {PLACES[kind]} {name}"
        if len(found) > 1:
            return f"the client's own {PLACES[kind]} {name} went up beside the key"
    missing = [name for name, value in expected.further if arrival.values(name) != [value]]
    return f"one of several keys did not arrive as configured: the header {missing[0]}" if missing else ""


def _led_astray(failure: Failure, mismatch: Mismatch, astray: str) -> Diagnosis:
    """Who is to blame for that: a filter of the route's, or the gateway."""
    if isinstance(mismatch.detail, Elsewhere) and (filtered := filter_with(failure, mismatch.detail.headers)):
        remedy = "take these headers out of the filter, unless somebody between is to read the key, too"
        return Diagnosis(f"{astray}: a filter of the route writes it there", remedy, filtered)
    return Diagnosis(astray, GATEWAY, failure.where("auth"))


def _clients_key(failure: Failure, *, beside: bool) -> str:
    cause = f"the client's own key was forwarded {'beside' if beside else 'in place of'} the Backend's"
    if (answer := failure.exchange.expected.answer) is not None:
        return f"{cause}: the request went out although {answer.why}"
    return cause if beside else f"{cause}: the gateway sent no key of its own"


_OTHER_KEY = "the gateway sent another credential than configured"


def _credential(failure: Failure) -> Diagnosis | None:
    mismatch, expected = failure.about(Facet.CREDENTIAL, Facet.LEAK), failure.exchange.expected.credential
    if not failure.exchange.arrivals:
        return None
    where = failure.where("auth")
    name = expected[0] if expected else "Authorization"
    values = failure.exchange.arrivals[0].values(name)
    # The provider's 401 says the same, also in cases about something else.
    refused = failure.exchange.arrivals[0].status == 401 and expected is not None and values != [expected[1]]
    if mismatch is None and not refused:
        return None
    if mismatch is not None and (astray := _astray(failure)):
        return _led_astray(failure, mismatch, astray)
    sent = ", ".join(values)
    clients = failure.exchange.request.values(name)
    leaks = mismatch is not None and mismatch.about is Facet.LEAK
    if expected and values == [expected[1]] and not leaks:
        if name.lower() == "authorization" or not failure.exchange.arrivals[0].values("authorization"):
            return None  # the key is as it should be: it is told because not exactly one request arrived
        return Diagnosis(f"the client's own Authorization was forwarded beside the key in {name}", GATEWAY, where)
    if any(value in clients for value in values) and not failure.exchange.expected.passthrough:
        return Diagnosis(_clients_key(failure, beside=len(values) > 1), GATEWAY, where)
    if leaks:
        return Diagnosis("the gateway sent a key where none may go", GATEWAY, where)
    if not values:
        return Diagnosis(f"the gateway sent no key: the header {name} is missing", GATEWAY, where)
    if others := key_owners(sent) - key_owners(expected[1] if expected else ""):
        return Diagnosis(whose_key(failure, sent, min(others)), GATEWAY, where)
    what = "a placeholder was sent where the key belongs" if is_placeholder(sent) else _OTHER_KEY
    return Diagnosis(f"{what}: {sent}", GATEWAY, where)


def _placeholder(failure: Failure) -> Diagnosis | None:
    if failure.about(Facet.PLACEHOLDER) is None:
        return None
    return Diagnosis("a placeholder was sent where the key belongs", GATEWAY, failure.where("auth"))


def _default_host(failure: Failure) -> Diagnosis | None:
    """The request went to the default provider instead of the Backend's, in the worst case with the key."""
    seen = [*failure.exchange.connections, *(one.connection for one in failure.exchange.arrivals)]
    if failure.about(Facet.REACHED, Facet.ELSEWHERE) is None or not any(one.host == DEFAULT_HOST for one in seen):
        return None
    went = f"the request went to {DEFAULT_HOST}, the default provider's host"
    for _, llm in failure.configuration.llms():
        if misplaced := failure.dialect.misplaced_fields(llm):
            names = ", ".join(misplaced)
            cause = f"what stands under {llm.provider} counts for nothing there ({names}): {went}"
            remedy = indent_less(misplaced, llm.provider)
            return Diagnosis(cause, remedy, Place(llm.origin.below(llm.provider, misplaced[0]).position))
    return Diagnosis(f"{went}, and not to the Backend's", GATEWAY, failure.where("host"))


def _provider_refused(failure: Failure) -> Diagnosis | None:
    """The request arrived in order, but the provider does not take it."""
    response, arrivals = failure.exchange.response, failure.exchange.arrivals
    if not arrivals or failure.about(Facet.STATUS) is None or response.status != arrivals[0].status:
        return None
    if arrivals[0].refused == "unknown_model":
        return replace(_unknown_model(failure), area="model")
    host = failure.exchange.expected.host
    if response.status == 404:
        return replace(no_such_path(failure), area="path")
    if response.status == 401:
        said = f"{host} does not accept the key that was sent"
        return Diagnosis(said, "check the Secret", failure.where("auth"), "auth")
    if response.status == 400:
        said = f"{host} refused the request: {response.excerpt(120)}"
        return Diagnosis(said, "check model and body", failure.where("backend"), "body")
    return None


def _unknown_model(failure: Failure) -> Diagnosis:
    """Vendors answer it with 404, 400 or others; only the lookalike's record tells it from a wrong path or body."""
    expected, provider = failure.exchange.expected, failure.provider
    known = provider.models if provider and not provider.any_model else ()
    listed = f"; its facts list {', '.join(known[:_MOST_MODELS])}" if known else ""
    cause = f"{expected.host} does not know the model {expected.model or 'of the request'}{listed}"
    if expected.llm is None or expected.model is None:
        return Diagnosis(cause, "name one of its models", failure.where("backend"))
    near = next(iter(difflib.get_close_matches(expected.model, known, n=1, cutoff=0)), "one of its models")
    if expected.model != expected.llm.model and (other := model_set_by(failure)):
        return Diagnosis(cause, f"name one of its models there, such as {near}", other)
    origin = expected.llm.origin.below(expected.llm.provider, "model")
    return Diagnosis(cause, f"set model to {near}", origin.place)


def _routing(failure: Failure) -> Diagnosis | None:
    exchange = failure.exchange
    if exchange.expected.answer and exchange.arrivals and failure.about(Facet.ARRIVAL, Facet.STATUS):
        if not exchange.expected.because:
            cause = wrongly_matched(failure.configuration.routes, exchange.request)
            return Diagnosis(cause, GATEWAY, area="routing")
        return Diagnosis(f"the request went out although {exchange.expected.answer.why}", GATEWAY)
    if exchange.expected.answer and failure.about(
        Facet.STATUS, Facet.ARRIVAL, Facet.TARGET, Facet.CREDENTIAL, Facet.MODEL, Facet.REACHED
    ):
        wanted, got, cause = exchange.expected.answer.status, exchange.response.status, exchange.expected.answer.why
        if failure.about(Facet.STATUS) and got not in (wanted, None):
            return Diagnosis(f"the gateway answered {got} instead of {wanted}: {cause}", GATEWAY)
        places = (failure.where(part) for part in _DECIDING)
        return Diagnosis(cause, _MEND, next((one for one in places if one), None))
    if exchange.response.status == 404 and not exchange.arrivals:
        host = next(iter(exchange.request.values("host")), "")
        asked = f"{exchange.request.method} {exchange.request.path}{f' with Host {host}' if host else ''}"
        cause = f"the gateway has no route for {asked}, although one of the manifests matches it{matched_by(failure)}"
        remedy = "check the HTTPRoute's parentRefs and its status; if they are right, report it"
        return Diagnosis(cause, remedy, failure.where("rule"), "routing")
    return None


def _redirected(failure: Failure) -> Diagnosis | None:
    """The gateway's own answer leads the client elsewhere than the rule's RequestRedirect says."""
    header = next((one.detail for one in failure.mismatches if isinstance(one.detail, HeaderReturns)), None)
    if header is None or header.name != "location" or failure.exchange.arrivals:
        return None
    went = ", ".join(failure.exchange.response.values("location")) or "nowhere"
    cause = f"the redirect's location is not what the RequestRedirect filter says: it leads to {went}"
    return Diagnosis(cause, GATEWAY, failure.where("route"))


_SELECTION = {
    Facet.SHARE: "the gateway does not divide requests among the backendRefs by their weights",
    Facet.GROUP: "the gateway does not divide requests among the providers of a group",
    Facet.LISTENER: "the Gateway has no such listener, or its status counts no routes there",
}


def _selection(failure: Failure) -> Diagnosis | None:
    """Which listener and which backendRef a request falls to."""
    found = next((cause for facet, cause in _SELECTION.items() if failure.about(facet)), None)
    return Diagnosis(found, GATEWAY) if found else None


def _diverted(failure: Failure) -> Diagnosis | None:
    found = cause_of_diversion(failure.exchange, failure.mismatches)
    return Diagnosis(found.cause, GATEWAY, failure.where("host"), found.area) if found else None


def _on_the_way(failure: Failure) -> Diagnosis | None:
    found = cause_on_the_way(failure.exchange, failure.mismatches)
    return Diagnosis(found.cause, GATEWAY, area=found.area) if found else None


def _leaked(failure: Failure) -> Diagnosis | None:
    if failure.about(Facet.LEAK) is None:
        return None
    return Diagnosis("a key is visible where it must not be", GATEWAY)


def _unreached(failure: Failure) -> Diagnosis | None:
    exchange = failure.exchange
    if exchange.response.status is None and exchange.response.error and not exchange.arrivals:
        return Diagnosis(f"the gateway gave no answer: {exchange.response.error}", "look at the gateway's log")
    if exchange.arrivals or (exchange.response.status or 0) < 500 or exchange.connections:
        return None
    if failure.about(Facet.STATUS, Facet.ARRIVAL, Facet.REACHED, Facet.TARGET) is None:
        return None
    cause = f"the gateway answered {exchange.response.status} by itself: {exchange.response.excerpt(160)!r}"
    if (expected := exchange.expected).host and expected.answer is None and failure.scenario.reach == "listening":
        cause += f"; it never connected to {expected.host}:{expected.port}"
    return Diagnosis(cause, "look at the statuses of Backend, HTTPRoute and policy, and at the gateway's log")


_RULES: Mapping[Callable[[Failure], Diagnosis | None], str] = {
    timed_out: "routing",
    unlimited: "routing",
    _default_host: "host",
    _diverted: "",
    plaintext: "tls",
    another_policy: "tls",
    handshake: "tls",
    server_name: "tls",
    unverified: "tls",
    taken_along: "isolation",
    _placeholder: "auth",
    _credential: "auth",
    path: "path",
    authority: "host",
    model: "model",
    response_model: "model",
    kept_back: "streaming",
    _on_the_way: "",
    _provider_refused: "",
    _selection: "routing",
    _redirected: "routing",
    _routing: "",
    _leaked: "secrets",
    _unreached: "",
}
"""In the order in which they are asked, each with the area of what it recognises; empty: it says so itself."""
