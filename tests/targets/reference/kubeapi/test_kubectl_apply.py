"""An unmodified kubectl against the embedded endpoint: `apply`, `patch` and what they refuse."""

from __future__ import annotations

import json
import subprocess
import textwrap

import pytest
import yaml

from conformance.manifests.schemas.kinds import BACKEND
from tests.support.hangs import HANGS
from tests.support.kubeapi import Kubectl, Served, backend

pytestmark = pytest.mark.slow


def test_client_side_apply_creates_and_then_changes_nothing(kubectl: Kubectl, served: Served, manifests: str) -> None:
    first = kubectl("apply", "-f", "-", stdin=manifests)
    before = served.store.resource_version
    second = kubectl("apply", "-f", "-", stdin=manifests)

    assert first.splitlines() == [
        "secret/mistral-secret created",
        "backend.gateway.kgateway.dev/mistral created",
        "httproute.gateway.networking.k8s.io/mistral created",
    ]
    # As on a real cluster (FACTS 7.2): stringData and atomic lists with defaults are patched in vain.
    assert second.splitlines() == [
        "secret/mistral-secret configured",
        "backend.gateway.kgateway.dev/mistral unchanged",
        "httproute.gateway.networking.k8s.io/mistral configured",
    ]
    assert served.store.resource_version == before


def test_client_side_apply_of_a_change(kubectl: Kubectl, served: Served) -> None:
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump(backend(path={"full": "/v1/chat/completions"})))

    output = kubectl("apply", "-f", "-", stdin=yaml.safe_dump(backend(port=8443)))

    assert output == "backend.gateway.kgateway.dev/mistral configured\n"
    stored = served.store.get(BACKEND, "default", "mistral")
    assert stored is not None
    assert stored["spec"]["ai"]["llm"]["port"] == 8443
    assert "path" not in stored["spec"]["ai"]["llm"]
    assert stored["metadata"]["generation"] == 2


def test_server_side_apply_from_a_heredoc(kubectl: Kubectl, served: Served, manifests: str) -> None:
    script = textwrap.dedent("""\
        "$KUBECTL" apply --server-side -f - <<'EOF'
        {manifests}
        EOF
    """).replace("{manifests}", manifests)
    env = {**kubectl.env, "KUBECTL": kubectl.program}

    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=env, timeout=HANGS, check=False)

    assert done.stdout.splitlines() == [
        "secret/mistral-secret serverside-applied",
        "backend.gateway.kgateway.dev/mistral serverside-applied",
        "httproute.gateway.networking.k8s.io/mistral serverside-applied",
    ]
    before = served.store.resource_version
    kubectl("apply", "--server-side", "-f", "-", stdin=manifests)
    assert served.store.resource_version == before


def test_client_side_apply_hands_over_to_server_side_apply(kubectl: Kubectl, manifests: str) -> None:
    kubectl("apply", "-f", "-", stdin=manifests)

    output = kubectl("apply", "--server-side", "-f", "-", stdin=manifests)

    assert output.count("serverside-applied") == 3
    owners = json.loads(kubectl("get", "backend", "mistral", "-o", "json", "--show-managed-fields"))
    assert {(entry["manager"], entry["operation"]) for entry in owners["metadata"]["managedFields"]} == {
        ("kubectl", "Apply"),
        ("kubectl-last-applied", "Apply"),
    }


def test_server_side_apply_reports_conflicts_and_can_force(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "--field-manager=first", "-f", "-", stdin=yaml.safe_dump(backend()))
    other = yaml.safe_dump(backend(port=8443))

    output = kubectl("apply", "--server-side", "--field-manager=second", "-f", "-", stdin=other, code=1)
    forced = kubectl("apply", "--server-side", "--field-manager=second", "--force-conflicts", "-f", "-", stdin=other)

    assert 'error: Apply failed with 1 conflict: conflict with "first": .spec.ai.llm.port' in output
    assert forced == "backend.gateway.kgateway.dev/mistral serverside-applied\n"


def test_unknown_field_is_refused_by_both_applies(kubectl: Kubectl) -> None:
    wrong = yaml.safe_dump(backend(openai={"host": "x", "authToken": {"kind": "Passthrough"}}))

    client_side = kubectl("apply", "-f", "-", stdin=wrong, code=1)
    server_side = kubectl("apply", "--server-side", "--validate=ignore", "-f", "-", stdin=wrong, code=1)
    warned = kubectl("apply", "--validate=warn", "-f", "-", stdin=wrong)

    assert 'strict decoding error: unknown field "spec.ai.llm.openai.host"' in client_side
    assert server_side == (
        "Error from server: failed to create typed patch object (default/mistral; gateway.kgateway.dev/v1alpha1,"
        " Kind=Backend): .spec.ai.llm.openai.host: field not declared in schema\n"
    )
    assert 'Warning: unknown field "spec.ai.llm.openai.host"' in warned


def test_a_patch_with_an_unknown_field_is_refused(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump(backend()))

    output = kubectl("apply", "-f", "-", stdin=yaml.safe_dump(backend(prt=1)), code=1)

    assert 'strict decoding error: unknown field "spec.ai.llm.prt"' in output


def test_invalid_object_shows_the_rule(kubectl: Kubectl) -> None:
    output = kubectl("apply", "-f", "-", stdin=yaml.safe_dump(backend(port=None)), code=1)

    assert 'The Backend "mistral" is invalid: spec.ai.llm' in output
    assert "both host and port must be set together" in output
