"""What of files, folders and standard input is certified, what is left out, and which keys are made up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from conformance.core.problems import InputProblem
from conformance.manifests.cleaning import LAST_APPLIED
from conformance.manifests.input.reading import Given
from conformance.report.digests import object_digests
from tests.support.inputs import BACKEND, ELSEWHERE, POLICY, ROUTE, SECRET, reads
from tests.support.nimbus import KEY, NIMBUS, edited


def kinds(given: Given) -> list[str]:
    return [one.kind for one in given.manifests]


DEPLOYMENT = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}\n"
ITS_POLICY = (
    POLICY.replace("kind: Backend\n", "kind: Service\n")
    .replace("gateway.kgateway.dev", "''")
    .replace("name: nimbus\n", "name: web\n")
)
MODEL = (
    "{apiVersion: agentgateway.dev/v1alpha1, kind: AgentgatewayModel, metadata: {name: m}, spec: {provider: OpenAI}}"
)
SERVICE = "{apiVersion: serving.kserve.io/v1alpha1, kind: LLMInferenceService, metadata: {name: m}, spec: {}}"
MCP = "{apiVersion: gateway.kgateway.dev/v1alpha1, kind: Backend, metadata: {name: m}, spec: {type: MCP, mcp: {}}}\n"
ENVOYS = "{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: Backend, metadata: {name: e}, spec: {endpoints: []}}\n"


@pytest.mark.parametrize(
    ("text", "what", "reason"),
    [
        (DEPLOYMENT, "Deployment web", "not about LLM providers"),
        ("{apiVersion: v1, kind: Service, metadata: {name: web}}\n", "Service default/web", "of a Service only its"),
        (ELSEWHERE, "HTTPRoute llm/web", "it leads only to Service web"),
        (MCP, "Backend default/m", "of type MCP, not of an LLM provider"),
        (ENVOYS, "Backend default/e", "Backend of gateway.envoyproxy.io is another API's"),
        (SECRET.replace("nimbus-key", "other"), "Secret llm/other", "no Backend that is judged refers to it"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n", "ConfigMap default/c", "no policy and no Backend"),
        ("{apiVersion: v1, kind: Namespace, metadata: {name: z}}\n", "Namespace z", "nothing of an LLM provider is in"),
        (
            "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g},"
            " spec: {gatewayClassName: kgateway, listeners: []}}\n",
            "Gateway default/g",
            "its GatewayClass kgateway is kgateway's other data plane",
        ),
        (
            "{apiVersion: gateway.kgateway.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: t}}\n",
            "TrafficPolicy default/t",
            "it is attached to nothing that is certified",
        ),
        (
            "{apiVersion: agentgateway.dev/v1alpha1, kind: AgentgatewayPolicy, metadata: {name: p},"
            " spec: {targetRefs: [{kind: HTTPRoute, name: other}]}}\n",
            "AgentgatewayPolicy default/p",
            "of agentgateway.dev, which the gateway of these Backends does not read",
        ),
        (ITS_POLICY, "BackendTLSPolicy llm/nimbus-tls", "it targets no Backend"),
    ],
)  # fmt: skip
def test_left_out_with_a_line(tmp_path: Path, text: str, what: str, reason: str) -> None:
    texts = [SECRET, BACKEND, ROUTE, *([] if "BackendTLSPolicy" in text else [POLICY]), text]
    given = reads(tmp_path, *texts)
    (one,) = given.left_out
    assert (one.what, reason in one.reason) == (what, True), one
    assert str(one).startswith(f"{tmp_path}/given.yaml:")
    assert one.manifest is not None
    assert all(manifest.id != one.manifest.id for manifest in given.manifests)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    - name: nimbus\n      group: gateway.kgateway.dev\n      kind: Backend", "    - name: nimbus"),
        ("    - name: nimbus\n      group", "    - name: nimbsu\n      group"),
        ("  - name: nimbus\n    kind: Backend", "  - name: nimbsu\n    kind: Backend"),
        ("    kind: Backend\n    group: gateway.kgateway.dev\n  val", "    kind: Service\n    group: ''\n  val"),
        ("  name: nimbus-tls\n  namespace: llm", "  name: nimbus-tls\n  namespace: other"),
        ("  - name: agentgateway", "  - name: other"),
        ("apiVersion: gateway.kgateway.dev/v1alpha1", "apiVersion: gateway.kgateway.io/v1alpha1"),
    ],
)
def test_what_is_mistaken_stays_to_be_told(tmp_path: Path, old: str, new: str) -> None:
    given = reads(tmp_path, edited((old, new)))
    assert kinds(given) == ["Secret", "Backend", "HTTPRoute", "BackendTLSPolicy"]
    assert given.left_out == ()


def test_rules_that_lead_to_services_are_left_out_and_the_rest_keeps_its_place(tmp_path: Path) -> None:
    rules = "  rules:\n  - backendRefs: [{name: web, port: 80}]\n  - backendRefs: []\n"
    given = reads(tmp_path, SECRET, BACKEND, ROUTE.replace("  rules:\n", rules), POLICY)
    assert [str(one).partition(": ")[2] for one in given.left_out] == [
        "rules[0] of HTTPRoute llm/nimbus is left out: it leads only to Service web",
        "rules[1] of HTTPRoute llm/nimbus is left out: it leads to no Backend",
    ]
    route = given.manifests.one("HTTPRoute")
    assert len(route.spec["rules"]) == 1
    assert route.at("spec", "rules", 0, "backendRefs", 0, "name").line == 50
    assert route.written("spec", "rules", 0, "backendRefs", 0, "name") == "nimbus"


def test_routes_are_known_with_what_is_left_out_of_them(tmp_path: Path) -> None:
    rules = "  rules:\n  - backendRefs: [{name: web, port: 80}]\n"
    given = reads(tmp_path, SECRET, BACKEND, ROUTE.replace("  rules:\n", rules), POLICY, ELSEWHERE)
    assert [(one.id.name, len(one.rules)) for one in given.routes] == [("nimbus", 2), ("web", 1)]


def test_a_service_beside_a_backend_in_one_rule_is_taken_along(tmp_path: Path) -> None:
    service = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: llm}}\n"
    given = reads(tmp_path, service, SECRET, BACKEND, f"{ROUTE}    - {{name: web, port: 80, weight: 0}}\n", POLICY)
    assert "Service" in kinds(given)
    assert given.left_out == ()


def test_folder_takes_manifests_and_leaves_the_rest_with_a_line_each(tmp_path: Path) -> None:
    for name, text in {
        "a/nimbus.yaml": NIMBUS,
        ".git/x.yaml": "kind: Secret",
        ".github/workflows/ci.yml": "on: push",
        "chart/Chart.yaml": "apiVersion: v2\nname: x\n",
        "chart/values.yaml": "a: 1\nkind: x\n",
        "chart/templates/d.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Values.x }}}\n{{ end }}\n",
        "kind.yaml": "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n",
        "kustomization.yaml": "resources: []\npatches: [{path: patch.yaml}]\n",
        "package.json": '{"name": "x"}',
        "patch.yaml": ROUTE,
        "empty.yaml": "",
        "image.yaml": "",
        "notes.txt": "nothing",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "image.yaml").write_bytes(b"\x89PNG\x80")
    (tmp_path / "huge.json").write_bytes(b" " * (4 * 1024 * 1024 + 1))
    (tmp_path / "again").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.yaml")
    given = reads(tmp_path, paths=(".",))
    assert kinds(given) == ["Secret", "Backend", "HTTPRoute", "BackendTLSPolicy"]
    assert {Path(one.position.file).name: one.what for one in given.left_out} == {
        "Chart.yaml": "a document",
        "values.yaml": "a file",
        "d.yaml": "a template",
        "kind.yaml": "a Cluster",
        "kustomization.yaml": "a Kustomization",
        "package.json": "a file",
        "patch.yaml": "a patch of a Kustomization",
        "image.yaml": "a file",
        "huge.json": "a file",
        "again": "a link to a folder",
        "pipe.yaml": "a pipe or device",
    }


@pytest.mark.parametrize(
    ("name", "content", "message", "remedy"),
    [
        ("values.yaml", b"a: 1", "apiVersion: required", None),
        ("kustomization.yaml", b"resources: []", "a Kustomization, which is no object", "give its folder"),
        ("d.yaml", b"kind: {{ .Values.x }}\n{{ end }}", "not valid YAML", "helm template"),
        ("x.yaml", b"\xff\xfea\x00", "is not UTF-8 text", "UTF-8"),
        ("x.yaml", b"x: &x [*x]", "deep", None),
        ("x.yaml", b"\x00\x01", "not valid YAML", None),
        ("x.json", b'{"apiVersion": "v1", "kind": "List", "items": [{"kind": "List", "items": [5]}]}', "mapping", None),
        ("x.yaml", DEPLOYMENT.encode(), "no Backend of type AI among the manifests", "give the Backend together"),
        ("x.yaml", MCP.encode(), "Backend default/m is of type MCP", "give the Backend together"),
        ("x.yaml", MODEL.encode(), "policies and virtualModel are not judged", "give an AgentgatewayBackend"),
        ("x.yaml", SERVICE.encode(), "KServe makes the model's servers", "give an AgentgatewayBackend"),
        ("x.yaml", b"{apiVersion: v1, kind: List, items: []}", "no Kubernetes object in it", None),
    ],
)  # fmt: skip
def test_one_message_for_a_file_that_cannot_be_used(
    tmp_path: Path, name: str, content: bytes, message: str, remedy: str | None
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputProblem) as raised:
        reads(tmp_path, paths=(name,))
    assert message in str(raised.value)
    assert remedy is None or remedy in (raised.value.remedy or "")
    assert raised.value.position is not None
    assert raised.value.position.file == str(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"apiversion: v1\nkind: Secret\nmetadata: {name: a}", "apiVersion: required"),
        (b"apiVersion: v1\nkind: Secret\nmetadata: 5", "metadata: required, a mapping"),
        (b"apiVersion: v1\nkind: [Secret]\nmetadata: {}", "kind: required"),
        (b"apiVersion: v1\nkind: Secret\n\tmetadata: 5", "not valid YAML"),
        (NIMBUS.encode("utf-16"), "is not UTF-8 text"),
        (NIMBUS.replace("type: AI", "type: LLM").encode(), "spec.type: spec.ai counts only where this is AI"),
        (b"a: &a [x,x]\nb: " + b"[" * 5000 + b"\napiVersion: v1", "nested too deeply"),
        (b"a: &a [x,x]\nb: " + b"[" * 50 + b"\napiVersion: v1", "not valid YAML"),
    ],
)
def test_a_mistake_in_an_object_is_told_in_a_folder_too(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(InputProblem, match=message):
        reads(tmp_path, paths=(".",))


def test_lists_json_and_a_file_that_is_named_twice(tmp_path: Path) -> None:
    items = "".join(f"- {part.strip().replace(chr(10), chr(10) + '  ')}\n" for part in (SECRET, BACKEND))
    (tmp_path / "list.yaml").write_text(f"apiVersion: v1\nkind: List\nitems:\n- kind: List\n  items: []\n{items}")
    given = reads(tmp_path, ROUTE, paths=("list.yaml", ".", "given.yaml"))
    assert kinds(given) == ["Secret", "Backend", "HTTPRoute"]
    assert given.manifests.one("Backend").at("spec", "ai", "llm", "host").line == 32


def test_one_object_twice_is_told_unless_it_concerns_nobody(tmp_path: Path) -> None:
    namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: llm}}\n"
    given = reads(tmp_path, NIMBUS, DEPLOYMENT, DEPLOYMENT, namespace, namespace)
    assert kinds(given).count("Namespace") == 1
    with pytest.raises(InputProblem, match="BackendTLSPolicy llm/nimbus-tls stands twice in the input, first at"):
        reads(tmp_path, NIMBUS, POLICY)


def test_namespace_of_kubectl(tmp_path: Path) -> None:
    given = reads(tmp_path, NIMBUS.replace("  namespace: llm\n", ""))
    assert {one.namespace for one in given.manifests} == {"default"}


@pytest.mark.parametrize(
    "noted",
    [
        {"creationTimestamp": "2026-09-01T08:15:30Z"},
        {"creationTimestamp": None},
        {"resourceVersion": "4711", "uid": "0d1f2a3b", "generation": 3, "selfLink": "/apis/x"},
        {"managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]},
        {"deletionTimestamp": "2026-09-01T08:15:30Z", "deletionGracePeriodSeconds": 0, "finalizers": ["a.example/b"]},
        {"ownerReferences": [{"apiVersion": "a.example/v1", "kind": "A", "name": "a", "uid": "1-2-3"}]},
        {"annotations": {LAST_APPLIED: f'{{"stringData":{{"Authorization":"{KEY}"}}}}'}},
    ],
    ids=lambda noted: "-".join(noted),
)
def test_what_a_cluster_noted_in_an_object_is_left_away(tmp_path: Path, noted: dict[str, object]) -> None:
    """Nor do digests depend on it, by which a report is compared with manifests."""
    objects = list(yaml.safe_load_all(NIMBUS))
    for one in objects:
        one["metadata"] |= noted
        one["status"] = {"conditions": [{"type": "Accepted", "status": "False"}]}
    given, written = (
        reads(tmp_path, text).manifests for text in (yaml.safe_dump({"kind": "List", "items": objects}), NIMBUS)
    )
    assert [one.data for one in given] == [one.data for one in written]
    assert object_digests(given) == object_digests(written)


def test_annotations_of_others_stay(tmp_path: Path) -> None:
    annotations = f"metadata:\n  annotations: {{{LAST_APPLIED}: '{{}}', team.example/owner: llm}}"
    given = reads(tmp_path, SECRET, BACKEND.replace("metadata:", annotations, 1), ROUTE, POLICY)
    assert given.manifests.one("Backend").data["metadata"]["annotations"] == {"team.example/owner": "llm"}


def test_gateways_are_the_given_ones_else_the_documented(tmp_path: Path) -> None:
    own = (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: edge, namespace: infra},"
        " spec: {gatewayClassName: agentgateway, listeners: [{name: web, port: 80, protocol: HTTP}]}}\n"
    )
    documented = ["Gateway kgateway-system/agentgateway"]
    assert [str(one) for one in reads(tmp_path, NIMBUS).gateways] == documented
    given = reads(tmp_path, NIMBUS, own)
    assert [str(one) for one in given.gateways] == ["Gateway infra/edge"]
    assert "Gateway" in kinds(given)
    named = reads(tmp_path, NIMBUS, gateway=("ai", "gw")).gateways
    assert [(str(one), one.listeners[0].port) for one in named] == [("Gateway ai/gw", 8080)]
    both = reads(tmp_path, NIMBUS, own, gateway=("infra", "edge")).gateways
    assert [str(one) for one in both] == ["Gateway infra/edge"]
