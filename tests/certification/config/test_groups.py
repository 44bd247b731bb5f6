"""Groups of a repository: what is certified together, and what by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import InputProblem, certify
from conformance.certification.config.model import NAME
from tests.support.git import repository
from tests.support.nimbus import NIMBUS, command
from tests.support.rendering import StandIn, lay

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]

SECRET, BACKEND, ROUTE, POLICY = NIMBUS.split("---\n")
CASE = ["--case", "path/full-replaces-path"]
FILES = {
    NAME: "groups:\n- {name: dev, paths: [backends/dev, routes]}\n- {name: prod, paths: [backends/prod, routes]}\n"
    "keys: [NIMBUS_API_KEY]\n",
    "backends/dev/a.yaml": "---\n".join([SECRET, BACKEND, POLICY]),
    "backends/prod/a.yaml": "---\n".join([SECRET, BACKEND, POLICY]),
    "routes/a.yaml": ROUTE,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIMBUS_API_KEY", raising=False)
    repository(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)


def test_each_group_by_itself(capsys: Capture) -> None:
    code, printed = command(capsys, "certify", "-q", *CASE, "--report", "report")
    assert code == 0
    lines = printed.splitlines()
    assert [line for line in lines if line.startswith("==")] == ["== dev", "== prod"]
    assert sum(line.startswith("nimbus: no verdict after 1 of") for line in lines) == 2
    assert sorted(one.parent.name for one in Path("report").glob("*/report.yaml")) == ["dev", "prod"]
    # No warning of a variable without a value: the key is made up on purpose.
    assert "variable-unset" not in printed


def test_one_group_by_its_name(capsys: Capture) -> None:
    code, printed = command(capsys, "certify", "--group", "prod", *CASE, "--format", "json", "--strict")
    assert (code, printed[:1]) == (0, "{")
    assert certify(group="dev", fix=False, cases=CASE[1:]).passed
    for arguments, said in (
        (["--group", "prodd"], f"--group prodd: {NAME} has no such group - did you mean prod?"),
        (["--group", "prod", "routes"], "--group prod does not go with paths"),
        (
            ["--format", "json"],
            "--format json is one document, and 2 groups are certified apart - choose one by",
        ),
        (["--config", "none"], "nothing to certify"),
        (["--config", "none", "--group", "x"], "--group x: there is no .agw-conformance.yaml"),
        (["--full"], "--full needs paths"),
    ):
        code, printed = command(capsys, "certify", *arguments)
        assert (code, said in printed) == (2, True), printed
    with pytest.raises(InputProblem, match="several groups are certified apart - give group, one of: dev, prod"):
        certify()


def test_paths_apart(capsys: Capture) -> None:
    given = ["backends/dev", "backends/prod"]
    code, printed = command(capsys, "certify", "-q", "--no-fix", *CASE, *given)
    assert (code, "stands twice in the input" in printed) == (2, True)
    assert "certify each by itself: `agw-conformance certify --apart backends/dev backends/prod`" in printed
    code, printed = command(capsys, "certify", "-q", "--no-fix", *CASE, "--apart", *given)
    assert code == 1
    assert [line for line in printed.splitlines() if line.startswith("==")] == ["== backends/dev", "== backends/prod"]


def test_a_mistake_in_one_keeps_no_other_from_its_verdict(capsys: Capture) -> None:
    Path("backends/dev/a.yaml").write_text("kind: [")
    code, printed = command(capsys, "certify", "-q", "--no-fix", *CASE)
    assert code == 2
    assert "nimbus: no verdict after 1 of" in printed


def test_a_change_concerns_its_groups(capsys: Capture) -> None:
    for file, concerned in (
        ("backends/dev/a.yaml", ["== dev"]),
        ("routes/a.yaml", ["== dev", "== prod"]),
        (NAME, ["== dev", "== prod"]),
        ("README.md", []),
    ):
        code, printed = command(capsys, "changed", file, "--certify", f"--options=-q {' '.join(CASE)}")
        assert code == 0
        assert [line for line in printed.splitlines() if line.startswith("==")] == concerned
    Path("backends/dev/a.yaml").write_text(SECRET)
    assert command(capsys, "changed", "--base", "HEAD")[1].splitlines() == ["backends/dev", "routes"]


def test_gateways_that_stand_elsewhere(capsys: Capture) -> None:
    config = Path(NAME)
    elsewhere = ROUTE.replace("agentgateway\n", "llm\n").replace("kgateway-system", "infra")
    Path("routes/a.yaml").write_text(elsewhere.replace("namespace: infra", "namespace: infra\n    sectionName: web"))
    listener = "{name: %s, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}"
    for name, code in (("web", 0), ("other", 1)):
        listeners = listener % name
        config.write_text(FILES[NAME] + f"gateways: [{{name: llm, namespace: infra, listeners: [{listeners}]}}]\n")
        assert command(capsys, "certify", "--group", "dev", "-q", "--no-fix", *CASE)[0] == code


def test_a_version_that_nobody_knows_is_told_where_it_stands(capsys: Capture) -> None:
    with Path(NAME).open("a") as config:
        config.write('gatewayVersion: "9.9"\n')
    code, printed = command(capsys, "certify", "--group", "dev")
    assert (code, f"{NAME}: gatewayVersion: --gateway-version 9.9: nothing is known of it" in printed) == (2, True)


def test_what_no_group_needs_is_told_once(capsys: Capture) -> None:
    with Path(NAME).open("a") as config:
        config.write("accept: [{check: host-former, reason: x, expires: 2999-01-01}]\n")
    code, printed = command(capsys, "certify", "-q", *CASE)
    assert code == 0
    assert printed.count("nothing is found that checks/host-former accepts") == 1


OVERLAY = "resources: [../../../backends/dev]\npatches: [{path: patch.yaml}]\n"
PATCH = POLICY.replace("llm.nimbus.example", "lm.nimbus.example")


def test_overlays_of_a_changed_base_are_certified_each(
    capsys: Capture, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(NAME).unlink()
    overlays = {f"k8s/{stage}/x/kustomization.yaml": OVERLAY for stage in ("a", "b")}
    lay(Path(), {"backends/dev/kustomization.yaml": "resources: [a.yaml]\n", **overlays})
    lay(Path(), {f"k8s/{stage}/x/patch.yaml": PATCH for stage in ("a", "b")})
    assert command(capsys, "changed", "backends/dev/a.yaml")[1].splitlines() == ["k8s/a/x", "k8s/b/x"]
    assert command(capsys, "changed", "k8s/b/x/gone.yaml")[1].splitlines() == ["k8s/b/x"]
    built = "---\n".join([SECRET, BACKEND, ROUTE, PATCH])
    program = StandIn(tmp_path_factory.mktemp("programs"), "kustomize", monkeypatch, built)
    code, printed = command(capsys, "certify", "-q", *CASE, "--apart", "k8s")
    assert (code, printed.count("at       k8s/a/x/patch.yaml:12:5 spec.validation.hostname")) == (1, 1)
    assert "fix        none is sought in what kustomize or Helm makes" in printed
    assert [line for line in printed.splitlines() if line.startswith("==")] == ["== k8s/a/x", "== k8s/b/x"]
    assert len(program.asked) == 2
