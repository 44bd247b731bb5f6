"""Unknown fields in the three modes and in apply patches, in the API server's words (FACTS 7.1 no. 5)."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.manifests.schemas import AdmissionError, Invalid, NotTyped, UnknownFields
from tests.support.admission_objects import ADMISSION, GOOD, changed, kind_of, page_objects

MISPLACED = changed("backend", "spec.ai.llm.openai.host", "api.mistral.ai")


@pytest.mark.parametrize("obj", page_objects(), ids=lambda obj: f"{obj['kind']}-{obj['metadata']['name']}")
def test_the_page_is_admitted_unchanged(obj: dict[str, Any]) -> None:
    result = ADMISSION.admit(kind_of(obj), obj, None, unknown_fields="Strict")
    assert result.warnings == ()
    assert ADMISSION.unknown_fields(kind_of(obj), obj) == []
    ADMISSION.check_apply(kind_of(obj), obj)


def test_strict_names_every_unknown_field() -> None:
    obj = {**MISPLACED, "extra": 1}
    obj["metadata"] = {**obj["metadata"], "label": {}}
    with pytest.raises(UnknownFields) as caught:
        ADMISSION.admit(kind_of(obj), obj, None, unknown_fields="Strict")
    assert caught.value.message == (
        'strict decoding error: unknown field "extra", unknown field "metadata.label",'
        ' unknown field "spec.ai.llm.openai.host"'
    )
    assert caught.value.status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": caught.value.message,
        "reason": "BadRequest",
        "code": 400,
    }


def test_warn_prunes_and_tells() -> None:
    result = ADMISSION.admit(kind_of(MISPLACED), MISPLACED, None, unknown_fields="Warn")
    assert result.warnings == ('unknown field "spec.ai.llm.openai.host"',)
    assert "host" not in result.object["spec"]["ai"]["llm"]["openai"]
    assert MISPLACED["spec"]["ai"]["llm"]["openai"]["host"] == "api.mistral.ai"


def test_ignore_prunes_silently() -> None:
    result = ADMISSION.admit(kind_of(MISPLACED), MISPLACED, None, unknown_fields="Ignore")
    assert result.warnings == ()
    assert "host" not in result.object["spec"]["ai"]["llm"]["openai"]


@pytest.mark.parametrize(
    ("name", "path", "unknown"),
    [
        ("route", "spec.rules[0].backendRefs[0].wait", "spec.rules[0].backendRefs[0].wait"),
        ("secret", "stringdata", "stringdata"),
        ("config", "spec", "spec"),
        ("service", "spec.ports[1].prot", "spec.ports[1].prot"),
        ("event", "involvedObject.nam", "involvedObject.nam"),
        ("namespace", "spec.x", "spec.x"),
    ],
)
def test_unknown_fields_of_all_kinds(name: str, path: str, unknown: str) -> None:
    obj = changed(name, path, "x")
    assert ADMISSION.unknown_fields(kind_of(obj), obj) == [unknown]


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        ("backend", "spec.ai.llm.openai.host", "x", ".spec.ai.llm.openai.host: field not declared in schema"),
        ("backend", "spec.ai.llm.port", "443", ".spec.ai.llm.port: expected numeric (int or float), got string"),
        ("backend", "spec.ai.llm.port", True, ".spec.ai.llm.port: expected numeric (int or float), got bool"),
        (
            "backend",
            "spec.ai.llm.host",
            ["x", {"b": 1.5, "a": True, "c": None}],
            ".spec.ai.llm.host: expected string, got &value.valueUnstructured{Value:[]interface {}"
            '{"x", map[string]interface {}{"a":true, "b":1.5, "c":interface {}(nil)}}}',
        ),
        ("backend", "spec.ai", ["x", None, 5], ".spec.ai: expected map, got &{[x <nil> 5]}"),
        (
            "backend",
            "spec.dynamicForwardProxy",
            {"enableTls": {"a": "b"}},
            (".spec.dynamicForwardProxy.enableTls: expected boolean, got &{map[a:b]}"),
        ),
        (
            "backend",
            "metadata.generation",
            {},
            (".metadata.generation: expected numeric (int or float), got map[string]interface {}"),
        ),
        (
            "backend",
            "metadata.generation",
            [],
            ".metadata.generation: expected numeric (int or float), got []interface {}",
        ),
        ("backend", "spec.ai.llm.host", None, ""),
        (
            "backend",
            "metadata.labels",
            {"a": 5},
            (".metadata.labels.a: expected string, got &value.valueUnstructured{Value:5}"),
        ),
        ("mcp", "spec.mcp.targets[0].nam", "x", '.spec.mcp.targets[name="a"].nam: field not declared in schema'),
        ("mcp", "spec.mcp.targets[1].name", "a", '.spec.mcp.targets: duplicate entries for key [name="a"]'),
        (
            "mcp",
            "spec.mcp.targets[1].name",
            None,
            (
                ".spec.mcp.targets: element 1: associative list with keys has an element that omits all key fields"
                """ ["name"] (and doesn't have default values for any key fields)"""
            ),
        ),
        (
            "mcp",
            "spec.mcp.targets[0]",
            "x",
            (".spec.mcp.targets: element 0: associative list with keys may not have non-map elements"),
        ),
        ("mcp", "spec.mcp.targets", "x", ".spec.mcp.targets: expected list, got &{x}"),
        ("route", "spec.rules[0].wait", 5, ".spec.rules[0].wait: field not declared in schema"),
        (
            "route",
            "spec.rules[0].filters[0].requestHeaderModifier",
            {"remove": ["a", "a", 5]},
            (
                'errors:\n  .spec.rules[0].filters[0].requestHeaderModifier.remove: duplicate entries for key [="a"]\n'
                "  .spec.rules[0].filters[0].requestHeaderModifier.remove[=5]: expected string,"
                " got &value.valueUnstructured{Value:5}"
            ),
        ),
        (
            "service",
            "spec.ports[1].prot",
            "x",
            '.spec.ports[port=53,protocol="UDP"].prot: field not declared in schema',
        ),
        # A key is never quoted, though kube-apiserver would.
        (
            "secret",
            "stringData.Authorization",
            5,
            (".stringData.Authorization: expected string, got &value.valueUnstructured{Value:<hidden>}"),
        ),
        ("secret", "immutable", "x", ".immutable: expected boolean, got &{<hidden>}"),
    ],
)
def test_apply_patches(name: str, path: str, value: Any, message: str) -> None:
    obj = changed(name, path, value)
    kind = kind_of(obj)
    version = kind.api_version if kind.group else f"/{kind.api_version}"
    about = f"{obj['metadata']['namespace']}/{obj['metadata']['name']}; {version}, Kind={kind.kind}"
    told = ""
    try:
        ADMISSION.check_apply(kind, obj)
    except NotTyped as error:
        told = error.message
    assert told == (f"failed to create typed patch object ({about}): {message}" if message else "")


def test_what_an_invalid_object_is_answered_with() -> None:
    with pytest.raises(Invalid) as caught:
        ADMISSION.admit(kind_of(GOOD["backend"]), changed("backend", "spec.ai.llm.port", 70000), None)
    path = "spec.ai.llm.port"
    reason = f"Invalid value: 70000: {path} in body should be less than or equal to 65535"
    assert caught.value.status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f'Backend.gateway.kgateway.dev "mistral" is invalid: {path}: {reason}',
        "reason": "Invalid",
        "code": 422,
        "details": {
            "name": "mistral",
            "group": "gateway.kgateway.dev",
            "kind": "Backend",
            "causes": [{"reason": "FieldValueInvalid", "message": reason, "field": path}],
        },
    }


def test_what_an_untyped_patch_is_answered_with() -> None:
    with pytest.raises(NotTyped) as caught:
        ADMISSION.check_apply(kind_of(MISPLACED), MISPLACED)
    assert caught.value.status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "failed to create typed patch object (kgateway-system/mistral; gateway.kgateway.dev/v1alpha1,"
        " Kind=Backend): .spec.ai.llm.openai.host: field not declared in schema",
        "code": 500,
    }


def test_a_type_error_comes_before_unknown_fields() -> None:
    obj = changed("secret", "data", 5)
    with pytest.raises(AdmissionError, match="cannot unmarshal number"):
        ADMISSION.admit(kind_of(obj), {**obj, "extra": 1}, None, unknown_fields="Strict")
