"""Charts: rendered with the values that are given, each field at its template; nothing is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.problems import InputProblem, SetupProblem
from conformance.manifests.input.files import read_files
from tests.support.nimbus import NIMBUS
from tests.support.rendering import REAL, StandIn, lay

SECRET, BACKEND, ROUTE, POLICY = NIMBUS.split("---\n")
TEMPLATES = {
    "chart/templates/backend.yaml": BACKEND.replace("llm.nimbus.example", "{{ .Values.host }}"),
    "chart/templates/rest.yaml": "---\n".join([SECRET, ROUTE, POLICY]),
}
FILES = {
    "chart/Chart.yaml": "apiVersion: v2\nname: nimbus\nversion: 0.1.0\n",
    "chart/values.yaml": "host: none.example\n",
    "prod.yaml": "host: llm.nimbus.example\n",
    **TEMPLATES,
}
RENDERED = "".join(
    f"---\n# Source: nimbus/templates/{name}\n{text}"
    for name, text in (("backend.yaml", BACKEND), *(("rest.yaml", one) for one in (SECRET, ROUTE, POLICY)))
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lay(tmp_path, FILES)


def test_a_chart_is_rendered_with_the_values_that_are_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = StandIn(tmp_path / "programs", "helm", monkeypatch, RENDERED)
    found = read_files(["chart"], values=["prod.yaml"])
    backend, *rest = found.manifests
    assert str(backend.at("spec", "ai", "llm", "host")) == "chart/templates/backend.yaml:19"
    # What several objects in one template have is at the template alone.
    assert {str(one.at("metadata", "name")) for one in rest} == {"chart/templates/rest.yaml"}
    ((arguments, environment),) = program.asked
    assert arguments == ["template", "release", f"{tmp_path}/chart", "--values", f"{tmp_path}/prod.yaml"]
    assert environment["HELM_PLUGINS"] == environment["HOME"] != str(Path.home())


@pytest.mark.skipif(not REAL["helm"], reason="helm is not on PATH: install it to try the real one")
def test_with_the_real_helm() -> None:
    found = read_files(["chart"], values=["prod.yaml"])
    backend = next(one for one in found.manifests if one.kind == "Backend")
    assert backend.spec["ai"]["llm"]["host"] == "llm.nimbus.example"
    assert str(backend.at("spec", "ai", "llm", "host")) == "chart/templates/backend.yaml:19"
    lay(Path(), {"chart/Chart.yaml": f"{FILES['chart/Chart.yaml']}dependencies:\n- {{name: x, version: 1, repository: "
                 "https://evil.example}\n"})  # fmt: skip
    with pytest.raises(InputProblem, match="run `helm dependency build` first: charts are not fetched here"):
        read_files(["chart"])


def test_without_helm_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupProblem, match=r"chart/Chart.yaml: helm is not on PATH .* - install Helm"):
        read_files(["chart"])


@pytest.mark.parametrize("given", ["chart/templates", "chart/templates/backend.yaml"])
def test_templates_that_are_given_raw(given: str) -> None:
    said = "`agw-conformance certify chart` renders its chart, with --helm-values FILE where it needs values"
    try:
        told = [one.reason for one in read_files([given]).left_out]
    except InputProblem as problem:
        told = [str(problem.remedy)]
    assert told == [said]


def test_a_chart_in_a_folder_waits_to_be_named() -> None:
    lay(Path(), {"k8s/nimbus.yaml": NIMBUS})
    found = read_files(["."])
    assert len(found.manifests) == 4
    assert not found.rendered
    (left,) = [one for one in found.left_out if one.what == "a chart"]
    assert left.reason == "`agw-conformance certify chart` renders it, with --helm-values FILE where it needs values"


def test_values_are_files_and_for_charts() -> None:
    lay(Path(), {"k8s.yaml": NIMBUS})
    with pytest.raises(InputProblem, match=r"--helm-values https://x/y: there is no such file"):
        read_files(["chart"], values=["https://x/y"])
    with pytest.raises(InputProblem, match=r"--helm-values prod.yaml: no chart is given"):
        read_files(["k8s.yaml"], values=["prod.yaml"])


def test_no_file_of_this_machine_gets_into_a_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = StandIn(tmp_path / "programs", "helm", monkeypatch, RENDERED)
    (tmp_path / "chart" / "files").symlink_to("/etc")
    with pytest.raises(InputProblem, match="chart/files: a link that leads out of the checkout"):
        read_files(["chart"])
    assert program.asked == []
