"""From evidence to the probable cause, where it is about path, Host or model of the request upstream."""

from __future__ import annotations

from urllib.parse import unquote

from conformance.exchange.expectations.facet import Facet
from conformance.manifests.remedies import doubled
from conformance.verdict.diagnosis.diversion import by_another_rule
from conformance.verdict.diagnosis.failure import GATEWAY, Diagnosis, Failure, body_field

__all__ = ["authority", "model", "no_such_path", "path", "response_model"]


def path(failure: Failure) -> Diagnosis | None:
    if failure.about(Facet.TARGET) is None:
        return None
    if not failure.exchange.arrivals:
        return _by_another_rule(failure, failure.exchange.response.status or 0)
    observed = failure.exchange.arrivals[0].target
    if observed == failure.exchange.expected.target:
        return None  # it is told because not exactly one request arrived
    return _by_another_rule(failure, observed) or _rewritten(failure, observed)


def _by_another_rule(failure: Failure, sign: str | int) -> Diagnosis | None:
    told = by_another_rule(failure.configuration, failure.exchange.request, sign)
    return Diagnosis(told.cause, GATEWAY, failure.where("rule"), told.area) if told else None


def _rewritten(failure: Failure, observed: str) -> Diagnosis:
    """What the gateway made of the path of a request that went by the right rule."""
    client, expected, where = failure.exchange.request.path, failure.exchange.expected.target, failure.where("path")
    if observed.partition("?")[0] == expected.partition("?")[0] and "?" in expected:
        return Diagnosis(f"the gateway lost or changed the query string of {expected}", GATEWAY, where)
    if unquote(observed) == unquote(expected):
        return Diagnosis("the gateway changed the path's percent-encoding", GATEWAY, where)
    if observed.replace("//", "/") == expected:
        return Diagnosis("the gateway doubled a slash of the path", GATEWAY, where)
    if observed.partition("?")[0] == expected.partition("?")[0]:
        return Diagnosis(
            f"the client's query string was kept; {failure.dialect.PATH} replaces the whole target", GATEWAY, where
        )
    if observed.partition("?")[0] == client.partition("?")[0]:
        if (llm := failure.exchange.expected.llm) and llm.path is None and failure.exchange.arrivals[0].status == 404:
            return no_such_path(failure)  # the Backend has none to put in its place
        return Diagnosis("the path was not replaced: the client's own path went upstream", GATEWAY, where)
    return Diagnosis("the gateway made another path than configured", GATEWAY, where)


def authority(failure: Failure) -> Diagnosis | None:
    if failure.about(Facet.AUTHORITY) is None or len(failure.exchange.arrivals) != 1:
        return None
    expected, observed = failure.exchange.expected.authority, ", ".join(failure.exchange.arrival.values("host"))
    if observed in failure.exchange.request.values("host"):
        cause = "the client's own Host went upstream"
    elif observed == expected.rpartition(":")[0]:
        cause = f"the gateway left the port out of Host, which is not the usual one: {expected}"
    elif observed.rpartition(":")[0] == expected:
        cause = f"the gateway put the port into Host, which is the usual one: {observed}"
    else:
        cause = f"the gateway sent another Host than configured: {observed}"
    return Diagnosis(cause, GATEWAY, failure.where("authority"))


def model(failure: Failure) -> Diagnosis | None:
    if failure.about(Facet.MODEL) is None or not failure.exchange.arrivals:
        return None
    if failure.exchange.expected.model is None:
        return Diagnosis("the gateway changed the client's model although the Backend has none", GATEWAY)
    sent, asked = (body_field(one, "model") for one in (failure.exchange.arrivals[0], failure.exchange.request))
    if sent == failure.exchange.expected.model:
        return None  # it is told because not exactly one request arrived
    if sent is not None and sent != asked:
        return Diagnosis(f"the gateway sent another model than configured: {sent}", GATEWAY, failure.where("backend"))
    if (wanted := failure.exchange.expected.body) is not None and wanted.get("model") != sent:
        cause = f"the gateway sent another model than configured: {sent}, which a policy names {wanted.get('model')}"
        return Diagnosis(cause, GATEWAY, failure.where("backend"))
    return Diagnosis("the Backend's model did not override the client's", GATEWAY, failure.where("backend"))


def response_model(failure: Failure) -> Diagnosis | None:
    if failure.about(Facet.RESPONSE_MODEL) is None or not failure.exchange.arrivals:
        return None
    return Diagnosis("the gateway changed the model that the provider's answer names", GATEWAY)


def no_such_path(failure: Failure) -> Diagnosis:
    target, where = failure.exchange.arrivals[0].target, failure.where("path")
    cause = f"{failure.exchange.expected.host} has no path {target!r}"
    if twice := doubled(target):
        return Diagnosis(f"{cause}: {twice[0]!r} stands twice in it", f"write it once: {twice[1]}", where)
    facts = failure.provider
    path = facts.path if facts and not facts.any_model else "the provider's chat completions path"
    remedy = f"set {failure.dialect.PATH} to {path}"
    if where and "urlRewrite" in where.field:
        remedy = f"let the rewrite make {path} of the path, or {remedy}"
    return Diagnosis(cause, remedy, where)
