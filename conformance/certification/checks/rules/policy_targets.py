"""Checks of BackendTLSPolicies: whether they target the Backends that they were written for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.needs import lacks_tls
from conformance.certification.checks.reading import items, nearest, written_kinds
from conformance.certification.checks.registry import reports
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.model import Backend, TlsPolicy
from conformance.manifests.objects import ObjectId

__all__ = ["Miss", "misses"]

_TARGET = "Gateway API, BackendTLSPolicy targetRefs (LocalPolicyTargetReferenceWithSectionName)"


@dataclass(frozen=True)
class Miss:
    """A target that was meant for a Backend and misses it by one thing: name, kind, group, namespace or section, or the
    port of the Service that its custom provider leads to.
    """

    policy: TlsPolicy
    index: int
    backend: Backend
    by: str

    @property
    def path(self) -> FieldPath:
        """The field that is wrong."""
        if self.by == "namespace":
            return ("metadata", "namespace")
        field = "sectionName" if self.by in ("section", "port") else self.by
        return (*self.policy.origin.path, "targetRefs", self.index, field)


def misses(sheet: Sheet) -> list[Miss]:
    """Every target that leaves a Backend of the input without the TLS that it needs."""
    lacking = {entry.backend.id: entry for entry in sheet.entries if lacks_tls(sheet, entry)}
    found = []
    for policy in sheet.configuration.policies:
        for index, target in enumerate(policy.targets):
            if miss := _miss(sheet, policy, index, target, lacking):
                found.append(miss)
    return found


def _miss(
    sheet: Sheet,
    policy: TlsPolicy,
    index: int,
    target: tuple[str, str, str, str | None],
    lacking: Mapping[ObjectId, Entry],
) -> Miss | None:
    group, kind, name, section = target
    for one in sheet.entries if (group, kind) == ("", "Service") else ():
        if (one.manifest.namespace, one.llm.service) == (policy.id.namespace, name):
            return None if _is_its_port(sheet, one, section) else Miss(policy, index, one.backend, "port")
    named = sheet.backends.get(ObjectId(group, kind, policy.id.namespace, name))
    if named:
        return Miss(policy, index, named, "section") if section is not None and not _has(named, section) else None
    if entry := _named_alike(lacking, name, policy.id.namespace):
        backend = entry.backend
        if kind != backend.id.kind:
            service = kind == "Service" and (policy.id.namespace, name) in written_kinds(sheet.manifests, "Service")
            return None if service else Miss(policy, index, backend, "kind")
        return Miss(policy, index, backend, "group" if group != backend.id.group else "namespace")
    if (group, kind) != (sheet.api.BACKEND_GROUP, sheet.api.BACKEND_KIND):
        return None
    if (policy.id.namespace, name) in written_kinds(sheet.manifests, kind):
        return None  # a Backend for something else
    meant = _meant(policy, name, [one for one in lacking.values() if one.backend.id.namespace == policy.id.namespace])
    return Miss(policy, index, meant.backend, "name") if meant else None


def _is_its_port(sheet: Sheet, entry: Entry, section: str | None) -> bool:
    """Whether a sectionName is the port of the Service that an entry leads to, as far as the input has that."""
    service = sheet.services.get((entry.manifest.namespace, entry.llm.service or ""))
    if section is None or section.isdigit() or service is None:
        return section is not None and (not section.isdigit() or section == str(entry.llm.port))
    return any(
        (one.get("name"), one.get("port")) == (section, entry.llm.port) for _, one in items(service.spec, "ports")
    )


def _has(backend: Backend, section: str) -> bool:
    return any(llm.name == section for llm in backend.providers)


def _named_alike(lacking: Mapping[ObjectId, Entry], name: str, namespace: str) -> Entry | None:
    """The Backend of that name, one in the policy's namespace first."""
    found = [entry for one, entry in lacking.items() if one.name == name]
    return min(found, key=lambda entry: entry.backend.id.namespace != namespace, default=None)


def _meant(policy: TlsPolicy, name: str, lacking: list[Entry]) -> Entry | None:
    """The Backend whose host the policy names, else that of the nearest name."""
    by_host = [entry for entry in lacking if entry.llm.host == policy.hostname]
    by_name = {entry.backend.id.name: entry for entry in (by_host or lacking)}
    near = nearest(name, by_name) or (next(iter(by_name)) if by_host else None)
    return by_name[near] if near else None


@reports(
    policy_target_name=("a BackendTLSPolicy targets another name than the Backend's", _TARGET),
    policy_target_kind=("a BackendTLSPolicy targets another kind than the Backend's", _TARGET),
    policy_target_group=("a BackendTLSPolicy targets another API group than the Backend's", _TARGET),
    policy_target_namespace=("a BackendTLSPolicy is in another namespace than the Backend it targets", _TARGET),
    policy_target_section=(
        "a BackendTLSPolicy's sectionName is none of the Backend's providers, nor the port of its Service",
        _TARGET,
    ),
)
def policy_target(sheet: Sheet) -> Iterator[Found]:
    """A policy that misses its Backend leaves it in plaintext."""
    for miss in misses(sheet):
        policy, backend = miss.policy, miss.backend.id
        group, kind, name, section = policy.targets[miss.index]
        left = f"so no TLS is in force for {backend}"
        message, remedy = {
            "name": (f"targets {kind} {name}, which is not in the input, {left}", f"set name to {backend.name}"),
            "kind": (
                f"targets {kind} {name} and not the {backend.kind} of that name, {left}",
                f"set kind to {backend.kind} and group to {backend.group}",
            ),
            "group": (f"targets {kind} of the group {group!r}, {left}", f"set group to {backend.group}"),
            "namespace": (
                f"the policy is in namespace {policy.id.namespace} and acts there only, {left}",
                f"put it into namespace {backend.namespace}",
            ),
            "section": _section(miss.backend, section, policy.hostname),
            "port": _port(miss.backend, name, section),
        }[miss.by]
        check = "section" if miss.by == "port" else miss.by
        yield Found(f"policy-target-{check}", policy.origin.manifest, miss.path, message, remedy)


def _port(backend: Backend, service: str, section: str | None) -> tuple[str, str]:
    """agentgateway 1.4 asks for policies on the port that a custom provider names, and for no others."""
    port = next((llm.port for llm in backend.providers if llm.service == service), None)
    what = f"{section!r} is not its port {port}" if section else "on all of it the policy does not count"
    message = f"{backend.id} sends to a port of Service {service}: {what}, so it is not in force there"
    return message, f"set sectionName to {str(port)!r}"


def _section(backend: Backend, section: str | None, hostname: str | None) -> tuple[str, str]:
    names = [llm.name for llm in backend.providers if llm.name]
    if not names:
        message = f"{backend.id} has no sections, so a policy on its {section!r} is not in force"
        return message, "leave sectionName out"
    of_host = [llm.name for llm in backend.providers if llm.name and llm.host == hostname]
    near = nearest(section or "", of_host or names) or (of_host or names)[0]
    message = f"{backend.id} has no provider {section!r}, but {', '.join(names)}: the policy is not in force"
    # Without sectionName it would name one host's certificate to all of them.
    apart = len({llm.host for llm in backend.providers}) > 1
    return message, f"set sectionName to {near}" + ("" if apart else ", or leave it out")


@reports(
    policy_conflict=(
        "two BackendTLSPolicies target the same Backend",
        "Gateway API, BackendTLSPolicy (conflict resolution); with kgateway 2.1 it is arbitrary which one is in force",
    )
)
def policy_conflict(sheet: Sheet) -> Iterator[Found]:
    """The older one should win; no file says which one that is."""
    first: dict[tuple[object, ...], TlsPolicy] = {}
    for policy in sheet.configuration.policies:
        for index, target in enumerate(policy.targets):
            other = first.setdefault((policy.id.namespace, *target), policy)
            if other is not policy and ObjectId(*target[:2], policy.id.namespace, target[2]) in sheet.backends:
                message = f"{other.id} at {other.origin.manifest.at('metadata', 'name')} targets it, too"
                remedy = "keep one of them: which one is in force depends on their age"
                where = (*policy.origin.path, "targetRefs", index)
                yield Found("policy-conflict", policy.origin.manifest, where, message, remedy, Severity.WARNING)
