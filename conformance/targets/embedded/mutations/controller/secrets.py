"""Defects in what the controller makes of Secrets and authHeaders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.manifests.schemas.kinds import SECRET
from conformance.targets.embedded.mutations.mutant import Mutant, made, steered
from conformance.targets.reference.controller.decisions import credentials
from conformance.targets.reference.controller.decisions.credentials import MissingSecret, Unresolved
from conformance.targets.reference.controller.view import Name, Object, Objects, dig, name_of
from conformance.targets.reference.gateway.config import Credential, LlmProvider, Passthrough

__all__ = ["SECRETS"]


def default_header(auth_header: Object, value: str) -> Credential:
    """Authorization: Bearer, always."""
    return credentials.credential({}, value)


def default_prefix(auth_header: Object, value: str) -> Credential:
    """The prefix is always Bearer."""
    return replace(credentials.credential(auth_header, value), prefix="Bearer")


def padded_prefix(auth_header: Object, value: str) -> Credential:
    """A configured prefix is followed by one space too many."""
    right = credentials.credential(auth_header, value)
    return replace(right, prefix=f"{right.prefix} ") if "prefix" in auth_header else right


def lost_header_alone(auth_header: Object, value: str) -> Credential:
    """headerName counts only together with prefix."""
    return credentials.credential(auth_header if "prefix" in auth_header else {}, value)


def forwarded_anyway(problem: Unresolved) -> Credential | Passthrough | None:
    """Without its credential, but forwarded."""
    return None


def forwarded_without_entry(problem: Unresolved) -> Credential | Passthrough | None:
    """Without a credential, but forwarded, where there is a Secret that has none."""
    if isinstance(problem, MissingSecret):
        raise problem
    return None


def anywhere(objects: Objects, namespace: str, name: str) -> Object:
    """A Secret of this name, in whatever namespace."""
    own = objects.peek(SECRET, namespace, name)
    found = own or next((one for one in objects.peek_all(SECRET) if name_of(one)[1] == name), None)
    return found or credentials.find_secret(objects, namespace, name)


def first_secret() -> Callable[[Objects, str, str], Object]:
    """A Secret as it was when first read."""
    known: dict[Name, Object] = {}

    def find(objects: Objects, namespace: str, name: str) -> Object:
        if (namespace, name) not in known:
            known[namespace, name] = credentials.find_secret(objects, namespace, name)
        return known[namespace, name]

    return find


def early_secrets() -> Callable[[Objects, str, str], Object]:
    """A Secret that was missing once is not looked for again."""
    missed: set[Name] = set()

    def find(objects: Objects, namespace: str, name: str) -> Object:
        if (namespace, name) in missed:
            raise MissingSecret(namespace, name)
        try:
            return credentials.find_secret(objects, namespace, name)
        except Unresolved:
            missed.add((namespace, name))
            raise

    return find


def no_inline(provider: LlmProvider, llm: Object) -> LlmProvider:
    """Inline tokens are not sent."""
    inline = dig(llm, "openai", "authToken", "kind") == "Inline" or dig(llm, "auth", "key") is not None
    return replace(provider, credential=None) if inline else provider


SECRETS: tuple[Mutant, ...] = (
    steered(
        "auth-header-override-ignored",
        "authHeader is ignored (FACTS D1).",
        "auth",
        "API AuthHeader",
        "sent no key",
        credential=default_header,
    ),
    steered(
        "auth-prefix-ignored",
        "authHeader's prefix is ignored.",
        "auth",
        "API AuthHeader.prefix",
        "sent another credential than configured",
        credential=default_prefix,
    ),
    steered(
        "auth-prefix-padded",
        "A configured prefix is followed by two spaces.",
        "auth",
        "API AuthHeader.prefix",
        "sent another credential than configured",
        credential=padded_prefix,
    ),
    steered(
        "auth-header-needs-prefix",
        "headerName without prefix is ignored.",
        "auth",
        "API AuthHeader.headerName",
        "sent no key",
        credential=lost_header_alone,
    ),
    steered(
        "bearer-doubled",
        "A Secret's own `Bearer ` is not taken off.",
        "auth",
        "kgateway kubeutils.GetSecretAuth",
        "sent another credential than configured",
        token=str.strip,
    ),
    steered(
        "secret-not-trimmed",
        "Space around a Secret's token stays.",
        "auth",
        "kgateway kubeutils.GetSecretAuth",
        "failed to parse header value",
        token=lambda text: text.removeprefix("Bearer "),
    ),
    steered(
        "secret-from-any-namespace",
        "A secretRef finds Secrets in other namespaces.",
        "auth",
        "API SingleAuthToken.secretRef: in the same namespace as the Backend",
        "sent a key where none may go",
        find_secret=anywhere,
    ),
    steered(
        "missing-secret-forwards-client-token",
        "Without its Secret a Backend gets the client's token (FACTS D8).",
        "auth",
        "FACTS D8",
        "the request went out although",
        without_credential=forwarded_anyway,
    ),
    steered(
        "keyless-secret-forwards-client-token",
        "With a Secret that has no key for it a Backend gets the client's token.",
        "auth",
        "FACTS D8, 7.2",
        "the request went out although",
        without_credential=forwarded_without_entry,
    ),
    steered(
        "inline-token-ignored",
        "Inline tokens are not sent.",
        "auth",
        "API SingleAuthToken.inline; API OpenAIConfig.authToken",
        "sent no key",
        provider=no_inline,
    ),
    made(
        "secret-rotation-ignored",
        "A changed Secret is not read again.",
        "lifecycle",
        "FACTS 1.6, 7.2; SEED Mistral 2, 3",
        "still does not do what the manifests say",
        "find_secret",
        first_secret,
        controller=True,
    ),
    made(
        "late-secret-ignored",
        "A Secret that comes late is not seen.",
        "lifecycle",
        "FACTS 1.7, 7.2",
        "still does not do what the manifests say",
        "find_secret",
        early_secrets,
        controller=True,
    ),
)
