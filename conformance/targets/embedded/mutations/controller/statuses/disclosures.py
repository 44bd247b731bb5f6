"""Defects in what is told: of keys, and of what is too large; and in grants that are not followed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from conformance.manifests.schemas.kinds import Kind
from conformance.targets.embedded.mutations.mutant import Mutant, gateway, made, steered
from conformance.targets.reference.controller.decisions import credentials, grants
from conformance.targets.reference.controller.view import Name, Object, Objects, dig
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import Credential, LlmProvider, Passthrough
from conformance.targets.reference.gateway.messages import Headers, ProxyError, without

__all__ = ["DISCLOSURES"]

_LIMIT = 2 * 1024 * 1024


def echoed_key() -> dict[str, Callable[..., Any]]:
    """Answers say with what key the request went up."""
    last = ""

    def authorise(headers: Headers, credential: Credential | Passthrough | None) -> Headers:
        nonlocal last
        last = credential.value if isinstance(credential, Credential) else ""
        return forwarding.authorise(headers, credential)

    def answer_headers(headers: Headers) -> Headers:
        return (*forwarding.end_to_end(headers), ("x-upstream-auth", last))

    return {"authorise": authorise, "answer_headers": answer_headers}


def quoted_key(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """The key that no header can carry, in the error about it."""
    credential = provider.credential if provider else None
    if "header value" not in refusal.text or not isinstance(credential, Credential):
        return refusal
    return ProxyError(refusal.status, f"{refusal.text}: {credential.value!r}")


def silent_about_sizes(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """What is too large fails without a reason."""
    return ProxyError(refusal.status, "processing failed") if "too large" in refusal.text else refusal


def cut_answers(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """The first 2 MiB."""
    return status, headers if len(body) <= _LIMIT else without(headers, ("content-length",)), body[:_LIMIT]


def shown_entries() -> dict[str, Callable[..., Any]]:
    """The status of a Backend whose Secret lacks the key shows what it has instead."""
    found: dict[Name, str] = {}

    def find(objects: Objects, namespace: str, name: str) -> Object:
        secret = credentials.find_secret(objects, namespace, name)
        held = [base64.b64decode(one).decode("utf-8", "replace") for one in (secret.get("data") or {}).values()]
        found[namespace, name] = "" if credentials.secret_text(secret) else ", ".join(held)
        return secret

    def reported(kind: Kind, obj: Object, status: dict[str, Any]) -> dict[str, Any]:
        name = dig(obj, "spec", "ai", "llm", "openai", "authToken", "secretRef", "name")
        name = name or dig(obj, "spec", "policies", "auth", "secretRef", "name")
        text = found.get((obj["metadata"].get("namespace", ""), name or ""))
        if not text:
            return status
        conditions = [{**one, "message": f"{one['message']}; it has {text}"} for one in status.get("conditions", ())]
        return {**status, "conditions": conditions}

    return {"find_secret": find, "reported": reported}


def any_case(objects: Objects, namespace: str, name: str) -> Object:
    """A Secret's entries are found whatever their case."""
    secret = credentials.find_secret(objects, namespace, name)
    known = {key.lower(): value for key, value in (secret.get("data") or {}).items()}
    value = known.get(credentials.SECRET_KEY.lower())
    return {**secret, "data": {credentials.SECRET_KEY: value}} if value is not None else secret


def lasting_grants() -> Callable[[Objects, str, Name, Kind], bool]:
    """What was granted once stays granted."""
    known: set[tuple[str, Name]] = set()

    def granted(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
        if grants.granted(objects, route_namespace, backend, kind):
            known.add((route_namespace, backend))
        return (route_namespace, backend) in known

    return granted


def early_grants() -> Callable[[Objects, str, Name, Kind], bool]:
    """What was not granted once never is."""
    missed: set[tuple[str, Name]] = set()

    def granted(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
        if not grants.granted(objects, route_namespace, backend, kind):
            missed.add((route_namespace, backend))
        return (route_namespace, backend) not in missed

    return granted


DISCLOSURES: tuple[Mutant, ...] = (
    Mutant(
        "key-in-answer-header",
        "Answers show the key in a header.",
        "secrets",
        "CWE-200",
        "shows a key to people",
        gateway_changes=echoed_key,
    ),
    gateway(
        "unsendable-key-quoted",
        "A key that no header can carry is quoted in the error.",
        "secrets",
        "CWE-209",
        "shows a key to people",
        refused=quoted_key,
    ),
    Mutant(
        "secret-data-in-status",
        "A Backend's status shows an unusable Secret.",
        "secrets",
        "CWE-200",
        "shows a key to people",
        controller_changes=shown_entries,
    ),
    steered(
        "secret-key-case-ignored",
        "A Secret's entry is found whatever its case.",
        "auth",
        "FACTS 1.6",
        "sent a key where none may go",
        find_secret=any_case,
    ),
    gateway(
        "size-not-told",
        "What is too large fails without a reason.",
        "body",
        "FACTS 6.9",
        "did not say that it is too large",
        refused=silent_about_sizes,
    ),
    gateway(
        "large-answers-cut",
        "Of large answers the first part passes.",
        "body",
        "FACTS 6.9",
        "a part of a large answer",
        answer_limit=1 << 30,
        answered=cut_answers,
    ),
    made(
        "grant-deletion-ignored",
        "A deleted grant still counts.",
        "status",
        "GW ReferenceGrant (a deleted grant must revoke access)",
        "after the deletion of ReferenceGrant",
        "granted",
        lasting_grants,
        controller=True,
    ),
    made(
        "late-grant-ignored",
        "A grant that comes late is not seen.",
        "status",
        "GW ReferenceGrant",
        "after the change of ReferenceGrant",
        "granted",
        early_grants,
        controller=True,
    ),
)
