"""Defects in what the controller makes of the manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from conformance.manifests.schemas.kinds import AGENTGATEWAY_BACKEND, BACKEND, NAMESPACE, SECRET, Kind
from conformance.targets.embedded.mutations.mutant import made, steered
from conformance.targets.reference.controller import seams
from conformance.targets.reference.controller.decisions import credentials
from conformance.targets.reference.controller.decisions.credentials import MissingSecret, Unresolved
from conformance.targets.reference.controller.view import Name, Object, Objects, dig, name_of
from conformance.targets.reference.gateway.config import Credential, LlmProvider, Passthrough, UpstreamTls

__all__ = ["DECISIONS"]


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


def plaintext_on_broken_ca(validation: Object, roots: str) -> UpstreamTls | None:
    """No TLS when the authorities cannot be read."""
    return None if roots == "nothing" else seams.upstream_tls(validation, roots)


def system_only(validation: Object, roots: str) -> UpstreamTls | None:
    """The system's authorities, whatever is asked for."""
    return seams.upstream_tls(validation, "system")


def hostname_only(validation: Object, roots: str) -> UpstreamTls | None:
    """subjectAltNames do not count."""
    tls = seams.upstream_tls(validation, roots)
    return tls and replace(tls, verify_names=(), verify_uris=())


def first_roots() -> Callable[[Object, str], UpstreamTls | None]:
    """Authorities as they were when a host name was first seen with ones of its own."""
    known: dict[str, str] = {}

    def read(validation: Object, roots: str) -> UpstreamTls | None:
        own = bool(validation.get("caCertificateRefs"))
        kept = known.setdefault(validation.get("hostname", ""), roots) if own else roots
        return seams.upstream_tls(validation, kept)

    return read


def every_namespace(namespace: str, objects: Objects) -> Iterable[str]:
    """All namespaces."""
    return [namespace, *(one["metadata"]["name"] for one in objects.peek_all(NAMESPACE))]


def first_target(policy: Object) -> list[Object]:
    """The first target only."""
    return seams.policy_targets(policy)[:1]


def any_group(policy: Object) -> list[Object]:
    """Every target whose kind is that of a Backend, of whatever group."""
    groups: dict[Any, str] = {kind.kind: kind.group for kind in (BACKEND, AGENTGATEWAY_BACKEND)}
    targets = seams.policy_targets(policy)
    return [{**one, "group": groups.get(one.get("kind"), one.get("group"))} for one in targets]


def whole_backend(policy: Object) -> list[Object]:
    """Targets without their sections."""
    return [{key: value for key, value in one.items() if key != "sectionName"} for one in seams.policy_targets(policy)]


def own_namespace_only(objects: Objects, route_namespace: str, backend: Name, kind: Kind) -> bool:
    """Grants do not count."""
    return route_namespace == backend[0]


def _ignore(*_: Any) -> bool:
    return True


DECISIONS = (
    steered("auth-header-override-ignored", "authHeader is ignored (FACTS D1).", credential=default_header),
    steered("auth-prefix-ignored", "authHeader's prefix is ignored.", credential=default_prefix),
    steered("auth-prefix-padded", "A configured prefix is followed by two spaces.", credential=padded_prefix),
    steered("auth-header-needs-prefix", "headerName without prefix is ignored.", credential=lost_header_alone),
    steered("bearer-doubled", "A Secret's own `Bearer ` is not taken off.", token=str.strip),
    steered(
        "secret-not-trimmed", "Space around a Secret's token stays.", token=lambda text: text.removeprefix("Bearer ")
    ),
    steered("secret-from-any-namespace", "A secretRef finds Secrets in other namespaces.", find_secret=anywhere),
    steered(
        "missing-secret-forwards-client-token",
        "Without its Secret a Backend gets the client's token (FACTS D8).",
        without_credential=forwarded_anyway,
    ),
    steered("inline-token-ignored", "Inline tokens are not sent.", provider=no_inline),
    steered(
        "bad-ca-falls-back-to-plaintext",
        "A CA reference that cannot be resolved turns TLS off (FACTS 1.9).",
        upstream_tls=plaintext_on_broken_ca,
    ),
    steered("ca-references-ignored", "caCertificateRefs are ignored.", upstream_tls=system_only),
    steered("subject-alt-names-ignored", "subjectAltNames are ignored (FACTS D13).", upstream_tls=hostname_only),
    steered("policy-crosses-namespaces", "A policy has effect in other namespaces.", policy_reach=every_namespace),
    steered("policy-first-target-only", "Only a policy's first target counts.", policy_targets=first_target),
    steered("policy-group-ignored", "A policy's target is found whatever its group.", policy_targets=any_group),
    steered("policy-section-ignored", "A policy's sectionName is ignored.", policy_targets=whole_backend),
    steered("reference-grant-ignored", "ReferenceGrants do not count (FACTS D10).", granted=own_namespace_only),
    steered("reference-grant-not-needed", "Other namespaces' Backends may be used without a grant.", granted=_ignore),
    steered("allowed-routes-ignored", "A listener lets in routes of every namespace.", permitted=_ignore),
    steered("section-name-ignored", "A parentRef's sectionName is ignored.", section_fits=_ignore),
    made(
        "secret-rotation-ignored", "A changed Secret is not read again.", "find_secret", first_secret, controller=True
    ),
    made("late-secret-ignored", "A Secret that comes late is not seen.", "find_secret", early_secrets, controller=True),
    made("ca-rotation-ignored", "A changed CA is not read again.", "upstream_tls", first_roots, controller=True),
)
