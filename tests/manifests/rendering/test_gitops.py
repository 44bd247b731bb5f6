"""Argo CD's and Flux's objects are explained; variables are filled in from the repository, and from nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.problems import InputProblem
from conformance.manifests.input.files import read_files
from conformance.manifests.input.reading import read_input
from tests.support.nimbus import NIMBUS
from tests.support.rendering import lay

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: llm, namespace: argocd}
spec:
  source: {repoURL: "https://git.example/x", path: k8s}
"""
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: llm, namespace: flux-system}
spec:
  path: ./elsewhere
  postBuild: {substitute: {LLM_HOST: llm.nimbus.example}}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: llm, namespace: flux-system}
spec: {chart: {spec: {chart: %s}}}
"""
SETS = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: llm}\nspec: {template: {spec: %s}}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "k8s").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIMBUS_API_KEY", "nk-1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (APPLICATION, "Application argocd/llm - Argo CD deploys k8s: `agw-conformance certify k8s`"),
        (FLUX, "Kustomization flux-system/llm - Flux deploys ./elsewhere of another repository: certify it there"),
        (RELEASE % "./k8s", "HelmRelease flux-system/llm - Flux deploys k8s: `agw-conformance certify k8s`"),
        (RELEASE % "redis", "Flux renders the chart redis: `helm template` makes what can be certified"),
        (SETS % "{sources: [{path: k8s}, {chart: c}]}", "Argo CD deploys k8s: `agw-conformance certify k8s` and the"),
        (SETS % "{source: 1}", "Argo CD deploys what its generators say"),
        (APPLICATION.replace("path: k8s", "path: ../.."), "../.. of another repository"),
    ],
)  # fmt: skip
def test_what_deploys_is_told_where_nothing_else_is(text: str, said: str) -> None:
    lay(Path(), {"apps/app.yaml": text})
    with pytest.raises(InputProblem) as raised:
        read_input(["apps"], environment=None)
    assert "apps/app.yaml:1:1: no Backend of type AI, but " in str(raised.value)
    assert said in str(raised.value)


def test_what_deploys_is_left_out_beside_manifests() -> None:
    lay(Path(), {"k8s/a.yaml": NIMBUS, "k8s/app.yaml": APPLICATION})
    (left,) = read_input(["k8s"], environment={}, assume=True).left_out
    assert left.reason == "Argo CD deploys k8s: `agw-conformance certify k8s`"


def read(text: str, **variables: str) -> tuple[str, object, list[str]]:
    """Host and port of the Backend, and what is assumed of variables."""
    lay(Path(), {"k8s/a.yaml": text})
    given = read_input(["k8s"], environment={"TOKEN": "secret"}, assume=True, variables=variables)
    (backend,) = given.configuration.backends
    told = [one.message for one in given.assumed if "variable" in one.message and "KEY" not in one.message]
    return str(backend.providers[0].host), backend.providers[0].port, told


def test_variables_are_filled_in_from_the_repository() -> None:
    text = NIMBUS.replace("host: llm.nimbus.example", "host: ${LLM_HOST}").replace("port: 8443", "port: ${PORT:=8443}")
    default = "the variable $PORT has no value here; its default stands for it, as Flux fills it in"
    assert read(text, LLM_HOST="a.example") == ("a.example", 8443, [default])
    assert read(f"{text}---\n{FLUX}", PORT="1") == ("llm.nimbus.example", 1, [])
    # A job's own secrets are none of the repository's business.
    assert read(text.replace("LLM_HOST", "TOKEN"))[0] == "${TOKEN}"
    assert read(text.replace("${LLM_HOST}", "${X-b}.${Y:-c}.$Z"), Z="d")[0] == "b.c.d"


def test_secrets_have_values_from_both() -> None:
    text = NIMBUS.replace("$NIMBUS_API_KEY", "${NIMBUS_API_KEY}")
    lay(Path(), {"k8s/a.yaml": text})
    own: dict[str, str] = {}
    for environment, key in ((own, "of-the-file"), ({"NIMBUS_API_KEY": "of-the-job"}, "of-the-job")):
        variables = {"NIMBUS_API_KEY": "of-the-file"}
        given = read_input(["k8s"], environment=environment, assume=True, variables=variables)
        (secret,) = given.manifests.of_kind("Secret")
        assert secret.data["stringData"]["Authorization"] == key


def test_dollars_that_are_no_variables_stay() -> None:
    text = NIMBUS.replace("full: /api/v3/chat/completions", "full: /api/$1/${}/$")
    lay(Path(), {"k8s/a.yaml": text})
    (backend,) = [one for one in read_files(["k8s"]).manifests if one.kind == "Backend"]
    assert backend.spec["ai"]["llm"]["path"]["full"] == "/api/$1/${}/$"
