"""The documented manifests with edits, as a sheet for static checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from conformance.certification.checks import Defect, Severity, Sheet, check
from conformance.core.fixtures import fixtures
from conformance.core.providers.provider import Provider
from conformance.manifests.dialects import choose_dialect, read_configuration
from conformance.manifests.input.assumed import services_elsewhere, unset_variables
from conformance.manifests.input.elsewhere import authorities_elsewhere, namespaces_elsewhere
from conformance.manifests.input.key_sources import sources_of
from conformance.manifests.input.reading import known_gateways
from conformance.manifests.listener_sets import ListenerSets
from conformance.manifests.objects import ManifestSet, read_manifests
from conformance.manifests.secrets import substitute

KGATEWAY, AGENTGATEWAY = "kgateway-2.1", "agentgateway-1"
KEYS = {"MISTRAL_API_KEY": "mK3yQ9vX2bN7pL4tR8wZ1cF6", "DEEPSEEK_API_KEY": "sk-3f9ab2c1d7e84f05"}

Edit = tuple[str, str]


@dataclass(frozen=True)
class Mistake:
    """Edits of a text, the check that tells of them, and how the line goes on from the position that it points at.

    `beside`: what else is told, because there is more to say. `facts`: what --provider names.
    """

    text: str
    edits: Sequence[Edit]
    check: str
    at: str
    severity: str = "error"
    beside: Sequence[str] = ()
    version: str | None = None
    facts: tuple[Provider, ...] = ()

    @property
    def edited(self) -> str:
        return edited(self.text, *self.edits)

    def __str__(self) -> str:
        return f"{self.check} {self.at}"


def documented(dialect: str, name: str = "mistral") -> str:
    return fixtures("manifests", dialect, f"{name}.yaml").read_text(encoding="utf-8")


def edited(text: str, *edits: Edit) -> str:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def sheet_of(
    text: str, *, version: str | None = None, dialect: str | None = None, facts: tuple[Provider, ...] = ()
) -> Sheet:
    """As `certify` has it: namespaces and variables filled in; the given Gateways, else the documented one."""
    manifests = ManifestSet(read_manifests(text, "given.yaml"))
    for one in manifests:
        if one.kind not in ("GatewayClass", "Namespace"):
            one.data["metadata"]["namespace"] = one.namespace or "default"
    manifests = ManifestSet(map(ListenerSets(manifests).whole, manifests))
    sources = sources_of(manifests)
    values, assumed = unset_variables(manifests, KEYS)
    substitute(manifests, values)
    chosen = choose_dialect(manifests, dialect)
    gateways = known_gateways(manifests.of_kind("Gateway", "GatewayClass"), chosen)
    made = namespaces_elsewhere(read_configuration(manifests, chosen).routes, gateways, manifests)
    made += authorities_elsewhere(read_configuration(manifests, chosen), manifests.of_kind("ConfigMap"))
    manifests = ManifestSet([*manifests, *(one for one, _ in made)])
    services = {(one.namespace, one.name): one for one in manifests.of_kind("Service")}
    configuration = read_configuration(manifests, chosen)
    assumed += services_elsewhere(configuration.routes, list(services.values()))[1]
    told = (*assumed, *(told for _, told in made))
    return Sheet(
        manifests, configuration, chosen, gateways, version, facts=facts, services=services, assumed=told,
        sources=sources,
    )  # fmt: skip


def defects(text: str, *edits: Edit, version: str | None = None, facts: tuple[Provider, ...] = ()) -> list[Defect]:
    return check(sheet_of(edited(text, *edits), version=version, facts=facts))


def pointed_at(text: str, defect: Defect) -> str:
    """What stands at the position of a defect of this text, up to the end of the line."""
    line = text.splitlines()[defect.position.line - 1]
    return line[defect.position.column - 1 :].strip()


def errors(text: str, *edits: Edit, version: str | None = None) -> list[str]:
    """The ids of the errors."""
    return [one.check for one in defects(text, *edits, version=version) if one.severity is Severity.ERROR]


def moved(text: str, kind: str, namespace: str) -> str:
    """The objects of a kind in another namespace."""
    parts = text.split("---\n")
    for number, part in enumerate(parts):
        if f"\nkind: {kind}\n" in f"\n{part}":
            old = f"namespace: {yaml.safe_load(part)['metadata']['namespace']}"
            parts[number] = part.replace(old, f"namespace: {namespace}", 1)
    return "---\n".join(parts)


def with_gateway(text: str, listener: str) -> str:
    """With the documented Gateway of kgateway 2.1, whose listener has some more fields."""
    return f"""{text}---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: agentgateway, namespace: kgateway-system}}
spec:
  gatewayClassName: agentgateway
  listeners:
  - name: http
    port: 8080
    protocol: HTTP
    {listener}
"""
