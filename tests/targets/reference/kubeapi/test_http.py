"""The embedded endpoint over plain HTTP: who may, discovery, paths and methods."""

from __future__ import annotations

import ssl

import httpx
import pytest

from conformance.core.problems import SetupProblem
from conformance.manifests.schemas import SchemaAdmission
from conformance.targets.reference.kubeapi import KubeApiServer, Store
from tests.support.kubeapi import (
    KGATEWAY,
    MAPS,
    STRATEGIC,
    Served,
)

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
GROUPS = ("gateway.networking.k8s.io", "gateway.kgateway.dev", "agentgateway.dev", "enterpriseagentgateway.solo.io")


# ---- who may


@pytest.mark.parametrize(
    ("path", "header", "code"),
    [
        ("/api/v1/secrets", None, 401),
        ("/api/v1/secrets", "Bearer wrong", 401),
        ("/api/v1/secrets", "Basic {token}", 401),
        ("/api/v1/secrets", "Bearer {token}", 200),
        ("/version", None, 200),
        ("/version", "Bearer wrong", 401),
        ("/healthz", None, 200),
        ("/livez", None, 200),
        ("/readyz", None, 200),
        ("/apis", None, 401),
    ],
)
def test_token(served: Served, path: str, header: str | None, code: int) -> None:
    del served.http.headers["authorization"]
    headers = {"authorization": header.format(token=served.server.token)} if header else {}

    answer = served.http.get(path, headers=headers)

    assert answer.status_code == code
    if code == 401:
        assert answer.json() == {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "Unauthorized",
            "reason": "Unauthorized",
            "code": 401,
        }


def test_certificate_is_verified_by_the_authority_only(served: Served) -> None:
    with (
        httpx.Client(trust_env=False, verify=ssl.create_default_context()) as stranger,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        stranger.get(f"{served.server.url}/version")


def test_token_is_in_no_representation(served: Served) -> None:
    assert served.server.token not in repr(served.server)
    assert repr(served.server) == f"<KubeApiServer {served.server.url}>"


async def test_start_and_stop_twice_and_a_port_that_is_taken() -> None:
    server = KubeApiServer(Store(), SchemaAdmission())
    await server.stop()
    await server.start()
    url = server.url
    await server.start()
    assert server.url == url
    other = KubeApiServer(Store(), SchemaAdmission(), port=int(url.rpartition(":")[2]))
    with pytest.raises(SetupProblem, match="cannot listen on"):
        await other.start()
    await server.stop()
    assert server.url == ""
    await other.start()
    assert other.url == url
    await other.stop()


# ---- discovery


def test_plain_discovery(served: Served) -> None:
    assert served.get("/api")["versions"] == ["v1"]
    groups = {group["name"]: group for group in served.get("/apis")["groups"]}
    assert set(groups) == set(GROUPS)
    assert groups["gateway.networking.k8s.io"]["preferredVersion"]["version"] == "v1"
    assert served.get("/apis/gateway.kgateway.dev")["preferredVersion"]["version"] == "v1alpha1"
    names = {resource["name"] for resource in served.get("/apis/gateway.networking.k8s.io/v1alpha3")["resources"]}
    assert names == {"backendtlspolicies", "backendtlspolicies/status"}
    assert "/version" in served.get("/")["paths"]


@pytest.mark.parametrize(("path", "groups"), [("/api", [{}]), ("/apis", None)])
def test_aggregated_discovery(served: Served, path: str, groups: list[dict[str, str]] | None) -> None:
    answer = served.http.get(path, headers={"accept": f"{DISCOVERY},application/json"})

    assert answer.headers["content-type"] == DISCOVERY
    items = answer.json()["items"]
    assert [item["metadata"] for item in items] == (groups or [{"name": group} for group in GROUPS])
    resources = {one["resource"]: one for one in items[-1]["versions"][0]["resources"]}
    assert all(one["verbs"] for one in resources.values())


def test_older_aggregated_discovery_gets_the_plain_form(served: Served) -> None:
    old = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

    assert served.http.get("/apis", headers={"accept": old}).json()["kind"] == "APIGroupList"


def test_openapi_names_each_document(served: Served) -> None:
    for path, entry in served.get("/openapi/v3")["paths"].items():
        document = served.get(entry["serverRelativeURL"])
        assert document["openapi"] == "3.0.0", path
        patches = [operations["patch"] for operations in document["paths"].values() if "patch" in operations]
        for patch in patches:
            assert "fieldValidation" in {parameter["name"] for parameter in patch["parameters"]}
            assert (STRATEGIC in patch["requestBody"]["content"]) is (path == "api/v1")


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/apis/none",
        "/apis/none/v1",
        "/api/v2",
        "/api/v2/secrets",
        "/openapi/v3/apis/none/v1",
        "/openapi/v2",
        "/api/v1/namespaces/default/none",
        "/api/v1/namespaces/default/configmaps/one/status",
        "/api/v1/namespaces/default/configmaps/one/scale",
        "/api/v1/namespaces/default/configmaps/one/status/x",
        "/api/v1/configmaps/one",
        "/apis/gateway.networking.k8s.io/v1/namespaces/default/gatewayclasses",
        "/apis/gateway.kgateway.dev/v1/namespaces/default/backends",
        "/api/v1/namespaces/default/resourcequotas",
    ],
)
def test_unknown_paths(served: Served, path: str) -> None:
    answer = served.http.get(path)

    assert answer.status_code == 404
    assert answer.json()["reason"] == "NotFound"
    assert answer.json()["message"] == "the server could not find the requested resource"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/api/v1/configmaps", 405),
        ("DELETE", "/api/v1/configmaps", 405),
        ("PUT", MAPS, 405),
        ("POST", f"{MAPS}/one", 405),
        ("DELETE", f"{KGATEWAY}/one/status", 405),
        ("POST", "/version", 405),
        ("POST", "/nowhere", 404),
    ],
)
def test_methods_that_are_not_allowed(served: Served, method: str, path: str, code: int) -> None:
    assert served.http.request(method, path, json={}).status_code == code
