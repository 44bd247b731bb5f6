"""Translates kgateway 2.1 Backends; the one module that knows their API."""

from __future__ import annotations

from typing import Protocol

from conformance.core.startup.records import dataclass
from conformance.targets.reference.controller.attached import NOTHING, OnBackend
from conformance.targets.reference.controller.conditions import Condition
from conformance.targets.reference.controller.decisions.credentials import SECRET_KEY, Unresolved, secret_text
from conformance.targets.reference.controller.seams import ControllerSeams
from conformance.targets.reference.controller.view import Name, Object, Objects, dig, name_of
from conformance.targets.reference.gateway.config import (
    DEFAULT_HOST,
    Credential,
    LlmBackend,
    LlmProvider,
    Passthrough,
    UpstreamTls,
)

__all__ = ["PolicyTls", "Translated", "section_names", "translate_backend"]


class PolicyTls(Protocol):
    """The TLS that policies put on a Backend."""

    def tls_of(self, backend: Name, section: str | None) -> UpstreamTls | None:
        """That for a provider, by whatever policy."""

    def tls_at(self, namespace: str, reference: Object) -> UpstreamTls | None:
        """That of the policy on the port of a Service that a reference names."""

    def tls_on(self, backend: Name, section: str | None) -> UpstreamTls | None:
        """That of the policy on exactly this section, or on the Backend as a whole."""


@dataclass(frozen=True)
class Translated:
    """A Backend for the gateway, or None, and its Accepted condition, which says why."""

    backend: LlmBackend | None
    condition: Condition


_ACCEPTED = Condition("Accepted", True, "Accepted", "Backend accepted")


def _refused(problem: object) -> Translated:
    """Refused in kgateway's words (FACTS 1.7)."""
    return Translated(None, Condition("Accepted", False, "Invalid", f'Backend error: "{problem}"'))


def section_names(backend: Object) -> set[str]:
    """What a policy's sectionName may name: the providers of priorityGroups. A single `llm` has no sections."""
    groups = dig(backend, "spec", "ai", "priorityGroups") or []
    return {provider.get("name", "") for group in groups for provider in group.get("providers", ())}


def translate_backend(
    backend: Object, objects: Objects, policies: PolicyTls, seams: ControllerSeams, attached: OnBackend = NOTHING
) -> Translated:
    """A Backend as providers in groups. It is refused whole when any part of it cannot be had, as 1.4 does it."""
    name = name_of(backend)
    own_name = "/".join(name)
    ai = dig(backend, "spec", "ai")
    if dig(backend, "spec", "type") != "AI" or not isinstance(ai, dict):
        return _refused("only AI backends are served by this gateway")
    reader = _Providers(name, objects, policies, seams)
    try:
        groups: tuple[tuple[LlmProvider, ...], ...]
        if "llm" in ai:
            groups = ((reader.provider(own_name, ai["llm"], None),),)
        else:
            groups = tuple(
                tuple(reader.provider(f"{own_name}/{one['name']}", one, one["name"]) for one in group["providers"])
                for group in ai.get("priorityGroups", ())
            )
    except Unresolved as problem:
        return _refused(problem)
    return Translated(LlmBackend(own_name, groups), _ACCEPTED)


@dataclass(frozen=True)
class _Providers:
    """Reads the providers of one Backend."""

    name: Name
    objects: Objects
    policies: PolicyTls
    seams: ControllerSeams

    def provider(self, name: str, llm: Object, section: str | None) -> LlmProvider:
        """One provider. Raises Unresolved when its credential cannot be had, or when it is not `openai`."""
        openai = llm.get("openai")
        if not isinstance(openai, dict):
            raise Unresolved("only openai providers are served by this gateway")
        host, port = llm.get("host"), llm.get("port")
        tls = self.policies.tls_of(self.name, section)
        if host is None and tls is None:
            # Only a well-known host has TLS by itself (the page, Overview).
            tls = UpstreamTls(DEFAULT_HOST)
        provider = LlmProvider(
            name=name,
            host=host or DEFAULT_HOST,
            port=port or 443,
            path=dig(llm, "path", "full"),
            model=openai.get("model"),
            credential=self.credential(openai.get("authToken") or {}, llm.get("authHeader") or {}),
            tls=tls,
            default_host=host is None,
        )
        return self.seams.provider(provider, llm)

    def credential(self, auth: Object, auth_header: Object) -> Credential | Passthrough | None:
        """The credential of a provider. Raises Unresolved when it cannot be had: then nothing must go out."""
        if auth.get("kind") == "Passthrough":
            return Passthrough()
        try:
            token = self.inline(auth) if auth.get("kind") == "Inline" else self.secret(auth)
        except Unresolved as problem:
            return self.seams.without_credential(problem)
        return self.seams.credential(auth_header, token)

    def inline(self, auth: Object) -> str:
        """An inline token, verbatim."""
        token = auth.get("inline")
        if not isinstance(token, str) or not token:
            raise Unresolved("authToken of kind Inline has no inline token")
        return token

    def secret(self, auth: Object) -> str:
        """The token that a Secret holds."""
        namespace, _ = self.name
        name = dig(auth, "secretRef", "name")
        if not isinstance(name, str) or not name:
            raise Unresolved("authToken of kind SecretRef has no secretRef")
        token = self.seams.token(secret_text(self.seams.find_secret(self.objects, namespace, name)))
        if not token:
            raise Unresolved(f"secret {namespace}/{name} missing {SECRET_KEY} value")
        return token
