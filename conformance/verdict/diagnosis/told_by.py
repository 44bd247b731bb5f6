"""What of the manifests says what was seen: a filter's header, a policy's model, how a route matches."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from conformance.core.problems import Place
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.oracle.matching import best_rule, matches
from conformance.manifests.dialects.in_force import in_force
from conformance.manifests.secrets import decoded
from conformance.verdict.diagnosis.failure import Failure

__all__ = ["filter_with", "matched_by", "model_set_by", "whose_key"]

_MODEL_FIELDS = ("ai.overrides", "ai.modelAliases", "ai.defaults")


def filter_with(failure: Failure, headers: Sequence[str]) -> Place | None:
    """The filter of the request's rule that writes one of these headers."""
    found = best_rule(failure.configuration.routes, failure.exchange.request)
    wanted = {one.lower() for one in headers}
    for index, one in enumerate(found[1].filters if found else ()):
        modifier = one.get("requestHeaderModifier") or {}
        named = {str(entry.get("name")).lower() for verb in ("set", "add") for entry in modifier.get(verb) or ()}
        if found and named & wanted:
            return found[1].origin.below("filters", index).place
    return None


def matched_by(failure: Failure) -> str:
    """What about the request's route a gateway may have overlooked that does not find it; empty without anything."""
    request = failure.exchange.request
    found = best_rule(failure.configuration.routes, request)
    if found is None:
        return ""
    host, colon, _ = next(iter(request.values("host")), "").partition(":")
    wild = [one for one in found[0].hostnames if one.startswith("*.") and host.lower().endswith(one[1:].lower())]
    told = [f"{one} stands for any labels before it" for one in wild if host.count(".") > one.count(".")]
    told += ["the port in Host does not count"] if found[0].hostnames and colon else []
    asked = [name for name, _ in parse_qsl(request.path.partition("?")[2], keep_blank_values=True)]
    for match in (one for one in found[1].matches if matches(one, request)):
        if match.path_type == "PathPrefix" and len(match.path) > 1 and match.path.endswith("/"):
            told.append(f"the slash at the end of the prefix {match.path} does not count")
        told += [f"of {name} the first value counts" for _, name, _ in match.query if asked.count(name) > 1]
    return f": {', '.join(told)}" if told else ""


def model_set_by(failure: Failure) -> Place | None:
    """The field that says the model, where that is not the provider's own."""
    expected, found = failure.exchange.expected, best_rule(failure.configuration.routes, failure.exchange.request)
    if found is None or expected.backend is None or expected.llm is None:
        return None
    told = in_force(failure.configuration, expected.backend, expected.llm, *found)
    return next((one.origin.place for one in told if one.field in _MODEL_FIELDS), None)


def whose_key(failure: Failure, sent: str, owner: str) -> str:
    """What key was sent instead of the right one: that of a policy, what a Secret has twice, or somebody else's."""
    for policy in failure.configuration.attached:
        key = ((policy.origin.manifest.spec.get("backend") or {}).get("auth") or {}).get("key")
        if isinstance(key, str) and key and key in sent:
            return f"the key of {policy.id} was sent: what the Backend says itself goes before what policies say"
    for secret in failure.configuration.secrets.values():
        plain, encoded = (secret.data.get(field) or {} for field in ("stringData", "data"))
        if any((value := decoded(encoded[name])) and value in sent for name in plain if name in encoded):
            return f"what {secret.id} has in data was sent, although its stringData overwrites that"
    if failure.provider is not None and owner == failure.provider.name and failure.about(Facet.CHANGE):
        return "the key from before the change was sent"
    return f"the key of another provider was sent: {owner}'s"
