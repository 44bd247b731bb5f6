"""Reading takes nothing for granted of what stands in a field: a message with its place, or objects to check."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.certification.certification import sheet_of
from conformance.certification.checks import check
from conformance.core.problems import InputProblem
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.input.reading import Given, read_input
from conformance.stage.scenario.profile import given_profiles
from tests.support.checks import documented
from tests.support.hostile import ODD, places, replaced, spoilt
from tests.support.nightly import BY_NIGHT, share

pytestmark = pytest.mark.hostile

AROUND = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: agentgateway}
spec: {controllerName: kgateway.dev/agentgateway, parametersRef: {group: x, kind: Y, name: z}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: agentgateway, namespace: kgateway-system}
spec:
  gatewayClassName: agentgateway
  addresses: [{type: IPAddress, value: 192.0.2.1}]
  listeners:
  - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}, kinds: [{kind: HTTPRoute}]}}
  - {name: tls, port: 443, protocol: HTTPS, hostname: a.example, tls: {mode: Terminate, certificateRefs: [{name: c}]}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: KEY, namespace: kgateway-system}
spec:
  secretStoreRef: {name: vault, kind: ClusterSecretStore}
  target: {name: KEY, template: {type: Opaque, data: {Authorization: "{{ .token }}"}}}
  data: [{secretKey: Authorization, remoteRef: {key: llm, property: token}}]
  dataFrom: [{extract: {key: llm}}]
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: sealed, namespace: kgateway-system}
spec:
  encryptedData: {Authorization: AgBy3i4OJSWK}
  template: {metadata: {name: sealed}, type: Opaque}
---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: policy, namespace: kgateway-system}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: elsewhere}]
  backend: {ai: {}, auth: {secretRef: {name: k}}, tls: {sni: x}}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: grant, namespace: kgateway-system}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: elsewhere}]
  to: [{group: agentgateway.dev, kind: AgentgatewayBackend, name: other}]
"""


def objects(dialect: str) -> list[Any]:
    """What a folder holds: one provider as documented, its Secret made by an operator, and all that stands around."""
    ours = [one for one in yaml.load_all(documented(dialect, "mistral"), Loader=yaml.CSafeLoader) if one]
    key = next(one["metadata"]["name"] for one in ours if one["kind"] == "Secret")
    around = yaml.load_all(AROUND.replace("KEY", key), Loader=yaml.CSafeLoader)
    return [*(one for one in ours if one["kind"] != "Secret"), *around]


def outcome(folder: Path) -> Given | InputProblem:
    """What comes of a folder: what was read, with all that `certify` does before it starts anything, or a message."""
    try:
        given = read_input([str(folder)], environment={})
        given_profiles(given.manifests, given.dialect)
    except InputProblem as problem:
        return problem
    assert all(one.position.line > 0 for one in check(sheet_of(given, None)))
    assert all(str(one) for one in (*given.left_out, *given.made_up, *given.recognised))
    return given


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_any_field_may_hold_anything(tmp_path: Path, dialect: str, odd: Any) -> None:
    """By day each field holds one of the odd things, by night each of them."""
    found = objects(dialect)
    for number, one in enumerate(found):
        (tmp_path / f"{number}.json").write_text(json.dumps(one))
    assert isinstance(outcome(tmp_path), Given)
    told = 0
    # What stands around is read alike whatever the dialect is: once will do.
    changed = found if dialect == DIALECTS[0] else found[: -AROUND.count("---") - 1]
    every = [(number, path) for number, one in enumerate(changed) for path in places(one)]
    for number, path in share(every, ODD.index(odd), len(ODD)):
        file, one = tmp_path / f"{number}.json", found[number]
        file.write_text(json.dumps(replaced(one, path, odd)))
        result = outcome(tmp_path)
        if isinstance(result, InputProblem):
            assert result.position is not None, str(result)
            told += 1
        file.write_text(json.dumps(one))
    assert told > 0


@pytest.mark.parametrize("seed", range(4))
def test_a_folder_may_hold_anything(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    found = objects(chance.choice(DIALECTS))
    results = list[Given | InputProblem]()
    for _ in range(240 if BY_NIGHT else 30):
        (tmp_path / "given.yaml").write_text(spoilt(found, chance))
        results.append(outcome(tmp_path))
    assert {type(one) for one in results} == {Given, InputProblem}
