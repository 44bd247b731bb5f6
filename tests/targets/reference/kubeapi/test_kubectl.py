"""An unmodified kubectl against the embedded endpoint: the commands that the page and its readers use."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from conformance.manifests.schemas.kinds import BACKEND
from conformance.targets.reference.kubeapi.jsontree import now
from tests.support.hangs import HANGS
from tests.support.kubeapi import SECRET, Kubectl, Served, backend

pytestmark = pytest.mark.slow


def accepted(status: str = "True") -> dict[str, object]:
    return {
        "conditions": [
            {
                "type": "Accepted",
                "status": status,
                "reason": "Accepted",
                "message": "Backend accepted",
                "lastTransitionTime": now(),
            }
        ]
    }


def test_version_shows_the_server(kubectl: Kubectl) -> None:
    assert "Server Version: v1.34" in kubectl("version")


def test_api_resources_lists_kinds_with_short_names(kubectl: Kubectl) -> None:
    lines = [line.split() for line in kubectl("api-resources").splitlines()]

    assert ["backends", "be", "gateway.kgateway.dev/v1alpha1", "true", "Backend"] in lines
    assert ["namespaces", "ns", "v1", "false", "Namespace"] in lines
    assert ["backendtlspolicies", "btlspolicy", "gateway.networking.k8s.io/v1", "true", "BackendTLSPolicy"] in lines


def test_get_prints_columns_of_several_kinds_in_all_namespaces(
    kubectl: Kubectl, served: Served, manifests: str
) -> None:
    kubectl("apply", "-f", "-", stdin=manifests)
    served.loop.run(set_status(served, accepted()))

    lines = [line.split() for line in kubectl("get", "secret,backend", "-A").splitlines() if line]

    assert lines[0] == ["NAMESPACE", "NAME", "TYPE", "DATA", "AGE"]
    assert lines[1][:4] == ["default", "secret/mistral-secret", "Opaque", "1"]
    assert lines[2] == ["NAMESPACE", "NAME", "TYPE", "ACCEPTED", "AGE"]
    assert lines[3][:4] == ["default", "backend.gateway.kgateway.dev/mistral", "AI", "True"]


async def set_status(served: Served, status: dict[str, object]) -> None:
    served.store.set_status(BACKEND, "default", "mistral", status)


def test_get_by_short_name_selectors_and_as_yaml(kubectl: Kubectl, manifests: str) -> None:
    kubectl("apply", "-f", "-", stdin=manifests)
    kubectl("label", "backend", "mistral", "team=llm")

    assert kubectl("get", "be", "-l", "team=llm", "-o", "name") == "backend.gateway.kgateway.dev/mistral\n"
    assert kubectl("get", "be", "-l", "team!=llm") == "No resources found in default namespace.\n"
    secrets = kubectl("get", "secret", "--field-selector", "type=Opaque", "-o", "name")
    assert secrets == "secret/mistral-secret\n"
    shown = yaml.safe_load(kubectl("get", "backend", "mistral", "-o", "yaml"))
    assert shown["spec"]["ai"]["llm"]["host"] == "api.mistral.ai"
    assert shown["metadata"]["generation"] == 1


def test_get_watches_with_a_table(kubectl: Kubectl, served: Served) -> None:
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump(backend()))
    with subprocess.Popen(
        [kubectl.program, "get", "backend", "-w"], stdout=subprocess.PIPE, text=True, env=kubectl.env
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline().split()[:3] for _ in range(2)]
        served.loop.run(set_status(served, accepted()))
        lines.append(process.stdout.readline().split()[:3])
        process.terminate()

    assert lines == [["NAME", "TYPE", "ACCEPTED"], ["mistral", "AI", lines[1][2]], ["mistral", "AI", "True"]]


def test_wait_for_a_condition_that_comes_later(kubectl: Kubectl, served: Served) -> None:
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump(backend()))
    command = [kubectl.program, "wait", "--for=condition=Accepted", "backend/mistral", "--timeout=30s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=kubectl.env) as process:
        served.loop.run(set_status(served, accepted("False")))
        served.loop.run(set_status(served, accepted()))
        output, _ = process.communicate(timeout=HANGS)

    assert output == "backend.gateway.kgateway.dev/mistral condition met\n"


def test_describe_shows_the_object_and_its_events(kubectl: Kubectl, served: Served) -> None:
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump(backend()))
    uid = served.get("/apis/gateway.kgateway.dev/v1alpha1/namespaces/default/backends/mistral")["metadata"]["uid"]
    about = {"kind": "Backend", "namespace": "default", "name": "mistral", "uid": uid}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e1"}, "involvedObject": about}
    told = {**event, "type": "Warning", "reason": "Broken", "message": "it broke", "lastTimestamp": now()}
    other = {**told, "metadata": {"name": "e2"}, "involvedObject": {**about, "name": "x"}, "message": "other"}
    for each in (told, other):
        assert served.post("/api/v1/namespaces/default/events", each).status_code == 201

    output = kubectl("describe", "backend", "mistral")

    assert "Host:  api.mistral.ai" in output
    assert "it broke" in output
    assert "other" not in output
    assert "it broke" in kubectl("get", "events")


@pytest.mark.parametrize("what", [["secret", "mistral-secret"], ["ns", "default"], ["httproute", "mistral"]])
def test_describe_works_for(kubectl: Kubectl, manifests: str, what: list[str]) -> None:
    kubectl("apply", "-f", "-", stdin=manifests)

    output = kubectl("describe", *what)

    assert f"Name:         {what[1]}" in output
    assert "sk-test" not in output


def test_diff_shows_changes_only(kubectl: Kubectl, manifests: str) -> None:
    kubectl("apply", "-f", "-", stdin=manifests)

    assert kubectl("diff", "-f", "-", stdin=manifests) == ""
    assert "+      port: 8443" in kubectl("diff", "-f", "-", stdin=yaml.safe_dump(backend(port=8443)), code=1)


def test_dry_run_stores_nothing(kubectl: Kubectl, served: Served) -> None:
    before = served.store.resource_version

    output = kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(backend()))
    created = kubectl("create", "ns", "room", "--dry-run=server", "-o", "name")

    assert output == "backend.gateway.kgateway.dev/mistral created (server dry run)\n"
    assert created == "namespace/room\n"
    assert served.store.resource_version == before


def test_imperative_creation_in_a_namespace_and_its_deletion(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "room")
    kubectl("create", "secret", "generic", "key", "--from-literal=Authorization=sk-x", "-n", "room")
    kubectl("create", "configmap", "ca", "--from-literal=ca.crt=PEM", "-n", "room")
    kubectl("create", "service", "externalname", "far", "--external-name=far.example", "-n", "room")

    encoded = kubectl("get", "secret", "key", "-n", "room", "-o", "jsonpath={.data.Authorization}")
    listed = kubectl("get", "secret,cm,svc", "-n", "room", "-o", "name").split()
    kubectl("delete", "namespace", "room")

    assert encoded == "c2steA=="
    assert listed == ["secret/key", "configmap/ca", "service/far"]
    assert kubectl("get", "secret,cm", "-n", "room") == "No resources found in room namespace.\n"


def test_missing_namespace_is_told(kubectl: Kubectl) -> None:
    output = kubectl("apply", "-n", "nowhere", "-f", "-", stdin=SECRET, code=1)

    assert 'namespaces "nowhere" not found' in output


@pytest.mark.parametrize(
    ("patch_type", "patch"),
    [
        ("strategic", '{"data":{"b":"2","a":null}}'),
        ("merge", '{"data":{"b":"2","a":null}}'),
        ("json", '[{"op":"remove","path":"/data/a"},{"op":"add","path":"/data/b","value":"2"}]'),
    ],
)
def test_patch(kubectl: Kubectl, patch_type: str, patch: str) -> None:
    kubectl("create", "configmap", "one", "--from-literal=a=1")

    kubectl("patch", "cm", "one", f"--type={patch_type}", "-p", patch)

    assert kubectl("get", "cm", "one", "-o", "jsonpath={.data}") == '{"b":"2"}'


def test_replace_and_delete(kubectl: Kubectl, manifests: str) -> None:
    kubectl("create", "-f", "-", stdin=manifests)

    assert kubectl("replace", "-f", "-", stdin=manifests).count("replaced") == 3
    assert kubectl("delete", "-f", "-", stdin=manifests).count("deleted") == 3
    assert "NotFound" in kubectl("get", "backend", "mistral", code=1)


def test_explain_reads_the_schema(kubectl: Kubectl) -> None:
    output = kubectl("explain", "backend.spec.ai.llm")

    assert "GROUP:      gateway.kgateway.dev" in output
    assert "authHeader" in output


def test_deprecated_version_warns(kubectl: Kubectl) -> None:
    policy = """
apiVersion: gateway.networking.k8s.io/v1alpha3
kind: BackendTLSPolicy
metadata: {name: tls}
spec:
  targetRefs: [{group: gateway.kgateway.dev, kind: Backend, name: mistral}]
  validation: {hostname: api.mistral.ai, wellKnownCACertificates: System}
"""
    output = kubectl("apply", "-f", "-", stdin=policy)

    assert "Warning: The v1alpha3 version of BackendTLSPolicy has been deprecated" in output
    assert kubectl("get", "backendtlspolicy", "tls", "-o", "jsonpath={.apiVersion}") == "gateway.networking.k8s.io/v1"
