"""What a client sends without being told: the route's target, what its match asks for, and a token of its own."""

from __future__ import annotations

from conformance.core.redaction import new_key
from conformance.exchange.fitting import Fitting
from conformance.exchange.messages import Headers
from conformance.manifests.dialects.model import Configuration

__all__ = ["CLIENT_KEY", "JSON", "needed_headers", "target_of"]

JSON: Headers = (("Content-Type", "application/json"),)

CLIENT_KEY = new_key("client")
"""A client's own token, of which no provider may learn but by Passthrough."""


def needed_headers(configuration: Configuration, fitting: Fitting) -> Headers:
    """Without these no route of these manifests would match, or no provider answer."""
    needed = list(fitting.headers)
    needed += [one for one in JSON if one[0].lower() not in {name.lower() for name, _ in needed}]
    for route in configuration.routes[:1]:
        needed += [("Host", name.replace("*", "any", 1)) for name in route.hostnames[:1]]
    if any(llm.auth.kind == "passthrough" for _, llm in configuration.llms()):
        needed.append(("Authorization", f"Bearer {CLIENT_KEY.reveal()}"))
    return tuple(needed)


def target_of(path: str, below: str, fitting: Fitting) -> str:
    """The request target: the route's path and what is below it, with the query that its match asks for."""
    target = (path.rstrip("/") if below.startswith("/") else path) + below
    query = fitting.query
    return f"{target}{'&' if '?' in target else '?'}{query}" if query else target
