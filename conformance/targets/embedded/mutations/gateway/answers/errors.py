"""Defects in what the gateway says by itself, and where it lets itself be led."""

from __future__ import annotations

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import Credential, LlmProvider
from conformance.targets.reference.gateway.messages import Headers, ProxyError, values_of
from conformance.targets.reference.gateway.seams import log_line

__all__ = ["ERRORS"]


def location(status: int, headers: Headers) -> str | None:
    """Where the provider's redirect leads."""
    found = values_of(headers, "location")
    return found[0] if 300 <= status < 400 and found else None


def _key(provider: LlmProvider | None) -> str:
    credential = provider.credential if provider else None
    return credential.value if isinstance(credential, Credential) else ""


def key_in_error(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """An error text with the key in it."""
    return ProxyError(refusal.status, f"{refusal.text} (authorization: Bearer {_key(provider)})")


def errors_as_success(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """200 for failures on the way to a provider, and of the request."""
    return ProxyError(200, refusal.text) if refusal.status in (503, 504) else refusal


def missing_backend_as_404(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """404 for a Backend that does not exist."""
    return ProxyError(404, refusal.text) if refusal.status == 500 else refusal


def key_in_log(text: str, provider: LlmProvider | None) -> str:
    """A line of the log with the key in it."""
    return f"{log_line(text, provider)} key={_key(provider)}" if provider else text


ERRORS: tuple[Mutant, ...] = (
    gateway(
        "redirect-followed",
        "A provider's redirect is followed, with the key.",
        "secrets",
        "FACTS 6.6; CVE-2018-18074",
        "followed the provider's redirect",
        redirect=location,
    ),
    gateway(
        "key-in-error-text",
        "Error texts show the key.",
        "secrets",
        "FACTS 6.8; CWE-209, CWE-532",
        "shows a key to people",
        refused=key_in_error,
    ),
    gateway(
        "failures-answered-200",
        "Failures are answered with 200.",
        "errors",
        "FACTS 2.3 D11, 6.9",
        "answered 200 by itself",
        refused=errors_as_success,
    ),
    gateway(
        "missing-backend-404",
        "A missing Backend is answered with 404.",
        "routing",
        "GW HTTPRoute backendRefs",
        "answered 404 instead of 500",
        refused=missing_backend_as_404,
    ),
    gateway(
        "key-in-log",
        "The log shows the key.",
        "secrets",
        "FACTS 6.8; CWE-209, CWE-532",
        "shows a key to people",
        log_line=key_in_log,
    ),
)
