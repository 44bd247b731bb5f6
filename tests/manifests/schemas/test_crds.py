"""Our schemas against the CRDs that they were transcribed from: real ones where there are any, and one of our own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli.corpus import Sample, corpus, variants
from conformance.manifests.schemas.admission import all_causes, shaped_but_status
from conformance.manifests.schemas.crds import RELEASES, Edition, schemas
from conformance.manifests.schemas.kinds import BACKEND, kind_for
from conformance.manifests.schemas.openapi import rendered
from conformance.manifests.schemas.schema import Schema
from tests.support.crds import Served, crds_in

FOLDER = os.environ.get("AGW_CONFORMANCE_CRDS", "")
OTHERS = schemas(Edition("1.4"))
"""Where no kind of the Gateway API is meant."""

FURTHER = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: all-of-it}
spec:
  useDefaultGateways: All
  parentRefs: [{name: a, port: 80}, {name: a, port: 8080, sectionName: http}]
  rules:
  - name: first
    matches: [{headers: [{name: x-tier, value: large}]}]
    filters:
    - type: CORS
      cors:
        allowOrigins: ["https://chat.example.com"]
        allowMethods: [POST, OPTIONS]
        allowHeaders: [authorization]
        exposeHeaders: [x-request-id]
        allowCredentials: true
        maxAge: 60
    - {type: RequestMirror, requestMirror: {backendRef: {name: audit, port: 80}, percent: 10}}
    - type: ExternalAuth
      externalAuth:
        protocol: HTTP
        backendRef: {name: judge, port: 80}
        http: {path: /check, allowedHeaders: [x-user], allowedResponseHeaders: [x-judged]}
        forwardBody: {maxSize: 1000}
    - {type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: x-a, value: one two}]}}
    retry: {attempts: 2, backoff: 100ms, codes: [500, 503]}
    sessionPersistence:
      {type: Cookie, sessionName: seat, absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}}
  - name: second
    filters: [{type: RequestRedirect, requestRedirect: {statusCode: 302, scheme: https}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: all-of-it}
spec:
  gatewayClassName: agentgateway
  defaultScope: All
  allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {team: red}}}}
  infrastructure: {annotations: {example.com/a: b}}
  tls:
    backend: {clientCertificateRef: {name: client}}
    frontend:
      default: {validation: {mode: AllowValidOnly, caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]}}
      perPort: [{port: 8443, tls: {}}]
  listeners:
  - {name: http, port: 80, protocol: HTTP, hostname: "*.example.com"}
  - {name: tls, port: 8443, protocol: TLS, tls: {mode: Passthrough}}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: all-of-it}
spec: {from: [{group: "", kind: Service, namespace: a}], to: [{group: "", kind: Secret, name: b}]}
"""
"""What the corpus that is offered to other endpoints has not, since not every channel takes it."""

# Where ours are stricter than the CRD on purpose, or leave out what another refusal already says.
ON_PURPOSE = (
    r"\.?spec\.(ai\..*|static\.hosts\[\w+\])\.port: .*(in body should be|least|most)",  # no port number, by the Go type
    r"spec\.validation\.hostname: .* must be a host name, not an IP address",  # by the Gateway API's words
    r"\.?spec\.listeners\[\w+\]\.tls: .*certificateRefs or options",  # which of two missing fields CEL names
    r"\.?spec\.rules\[\w+\]\.matches\[\w+\]\.path: .*type must be one of",  # not in the enumeration either
)


def edition_of(served: Served) -> Edition | None:
    """The edition that a CRD is of; None for a release that no dialect's gateway wants."""
    for release in RELEASES.values():
        if not served.release or served.release.startswith(f"v{release}."):
            return Edition(release, served.channel == "experimental")
    return None


def ours_of(served: Served) -> Schema | None:
    """Our schema for what a CRD serves."""
    edition = edition_of(served)
    return schemas(edition).get((served.group, served.kind)) if edition else None


SERVED = [one for one in (crds_in(Path(FOLDER)) if FOLDER else ()) if ours_of(one) is not None]

real = pytest.mark.skipif(not FOLDER, reason="needs real CRDs: set AGW_CONFORMANCE_CRDS to a folder of their files")


@real
def test_the_folder_has_crds_of_our_schemas() -> None:
    assert SERVED, f"{FOLDER} has none"


@real
@pytest.mark.parametrize("served", SERVED, ids=str)
def test_our_schemas_are_those_of_the_crds(served: Served) -> None:
    ours = ours_of(served)
    assert ours is not None
    found = list(meant(differences(ours, served.schema, "")))
    assert not found, "\n".join(("these differ:", *found))


@real
@pytest.mark.parametrize("served", SERVED, ids=str)
def test_our_rules_say_what_cel_says(served: Served) -> None:
    found = disagreements(served)
    assert not found, "\n".join(("they disagree on:", *found))


@pytest.mark.slow
def test_a_slip_of_transcription_is_found(tmp_path: Path) -> None:
    """A CRD made of our own schema is the same but for the rules, until it has another limit and a rule of its own."""
    ours, spec = OTHERS[BACKEND.key], rendered(OTHERS[BACKEND.key])
    same = list(differences(ours, written(tmp_path, spec).schema, ""))
    assert same
    assert all("a rule of one only" in one for one in same)
    at = spec["properties"]["spec"]["properties"]["ai"]["properties"]["llm"]["properties"]
    at["host"]["maxLength"] = 3
    at["openai"]["x-kubernetes-validations"] = [{"rule": "self.model.startsWith('gpt')", "message": "no GPT"}]
    served = written(tmp_path, spec)
    assert ".spec.ai.llm.host: most: ours" in "\n".join(differences(ours, served.schema, ""))
    told = "\n".join(disagreements(served))
    assert "Too long: may not be more than 3 bytes" in told
    assert "no GPT" in told


def written(folder: Path, schema: dict[str, Any]) -> Served:
    """The schema as the CRD of a Backend, read back."""
    version = {"name": BACKEND.version, "served": True, "schema": {"openAPIV3Schema": schema}}
    spec = {"group": BACKEND.group, "names": {"kind": BACKEND.kind}, "versions": [version]}
    (folder / "backends.yaml").write_text(
        yaml.safe_dump({"kind": "CustomResourceDefinition", "metadata": {}, "spec": spec})
    )
    (served,) = crds_in(folder)
    return served


def disagreements(served: Served) -> list[str]:
    """The objects of the corpus about which the CRD says something else than our schema."""
    ours, found = ours_of(served), []
    assert ours is not None
    for sample in (*corpus(), *further()):
        kind = kind_for(sample.object["apiVersion"], sample.object["kind"])
        if kind is not None and kind.key == (served.group, served.kind):
            told, really = (sorted(meant(said(kind, schema, sample.object))) for schema in (ours, served.schema))
            if told != really:
                found.append(f"{sample.label}:\n  ours: {told}\n  CRD: {really}")
    return found


def further() -> Iterator[Sample]:
    """The further objects, and what comes of them by changing one field at a time."""
    for good in yaml.safe_load_all(FURTHER):
        good["metadata"]["namespace"] = "default"
        yield Sample(good["kind"], good)
        yield from (Sample(f"{good['kind']}: {what}", changed) for what, changed in variants(good))


def said(kind: Any, schema: Schema, offered: dict[str, Any]) -> Iterator[str]:
    """Everything that a schema has against an object."""
    unknown: list[str] = []
    stored = shaped_but_status(schema, offered, None, unknown)
    yield from sorted(f"{path}: unknown" for path in unknown)
    yield from (str(cause) for cause in all_causes(kind, schema, stored, None))


def differences(ours: Schema, real: Schema, path: str) -> Iterator[str]:
    """What is not the same in two schemas, but for the status, and for what ours leave open."""
    if ours.type == "any" or (ours.additional is not None and ours.additional.type == "any"):
        return
    for name in ("type", "enum", "pattern", "least", "most", "default", "list_type", "list_keys", "map_type"):
        if (one := getattr(ours, name)) != (other := getattr(real, name)):
            yield f"{path}: {name}: ours {one}, the CRD's {other}"
    if wrong := set(ours.required) ^ set(real.required):
        yield f"{path}: required by one only: {sorted(wrong)}"
    if wrong := {rule.message for rule in ours.rules} ^ {rule.message for rule in real.rules}:
        yield f"{path}: a rule of one only: {'; '.join(sorted(wrong))}"
    for step, one, other in steps(ours, real):
        if one is None or other is None:
            yield f"{path}{step}: {'ours' if other is None else 'the CRD'} only"
        elif step != ".status":
            yield from differences(one, other, f"{path}{step}")


def steps(ours: Schema, real: Schema) -> Iterator[tuple[str, Schema | None, Schema | None]]:
    """What is below two schemas: fields, items, values."""
    for name in {**ours.properties, **real.properties}:
        yield f".{name}", ours.properties.get(name), real.properties.get(name)
    if ours.items or real.items:
        yield "[items]", ours.items, real.items
    if ours.additional or real.additional:
        yield "[values]", ours.additional, real.additional


def meant(found: Iterable[str]) -> Iterator[str]:
    """Without what is so on purpose."""
    return (one for one in found if not any(re.match(pattern, one) for pattern in ON_PURPOSE))
