"""The release that manifests are meant for, whose listed deviations are told on a target without a version."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import InputProblem, certify
from tests.support.checks import AGENTGATEWAY, KGATEWAY, documented

pytestmark = pytest.mark.slow

NO_PATH = documented(AGENTGATEWAY).replace("      path: /v1/chat/completions\n", "")


NAMED = [(None, "1.4.1"), ("1.4", "1.4.1"), ("v1.4.0", "1.4.0"), ("main", "0.0.0-alpha.75b4e6ce6")]


@pytest.fixture
def without_path(tmp_path: Path) -> Path:
    file = tmp_path / "mistral.yaml"
    file.write_text(NO_PATH)
    return file


@pytest.mark.parametrize(("version", "named"), NAMED)
def test_the_deviations_of_a_version(without_path: Path, version: str | None, named: str) -> None:
    told = certify(without_path, fix=False, gateway_version=version).findings
    assert [one.cause.partition(":")[0] for one in told if "agentgateway" in one.cause] == [f"agentgateway {named}"]


@pytest.mark.parametrize("version", ["2.1", "2.1.3", "0.10.4"])
def test_a_control_plane_is_known_by_its_own_version(tmp_path: Path, version: str) -> None:
    file = tmp_path / "deepseek.yaml"
    file.write_text(documented(KGATEWAY, "deepseek"))
    told = certify(file, fix=False, gateway_version=version).findings
    expected = "0.10.4" if version == "0.10.4" else "0.10.5"
    assert [one.cause.partition(":")[0] for one in told if "gateway 0" in one.cause] == [f"agentgateway {expected}"]


@pytest.mark.parametrize("version", ["1.3", "2.1", "1.40", "", "newest"])
def test_a_version_of_which_nothing_is_known(without_path: Path, version: str) -> None:
    if not version:
        assert certify(without_path, fix=False, gateway_version=version).passed
        return
    with pytest.raises(InputProblem, match=f"--gateway-version {version}: nothing is known of it.* one of: 1.4"):
        certify(without_path, gateway_version=version)
