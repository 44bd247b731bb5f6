"""Kustomizations: built where they change anything, each field where it was written; nothing is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.problems import InputProblem, SetupProblem
from conformance.manifests.input.files import Found, read_files
from conformance.manifests.rendering import programs
from tests.support.nimbus import NIMBUS
from tests.support.rendering import KUSTOMIZE, REAL, StandIn, lay

PATCH = """\
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: nimbus-tls, namespace: llm}
spec:
  validation:
    hostname: other.nimbus.example
"""
OVERLAY = "resources: [../../base]\npatches:\n- path: patch.yaml\n"
FILES = {
    "base/kustomization.yaml": "resources: [nimbus.yaml]\n",
    "base/nimbus.yaml": NIMBUS,
    "base/unnamed.yaml": NIMBUS.split("---\n")[0],
    "overlays/dev/kustomization.yaml": OVERLAY,
    "overlays/dev/patch.yaml": PATCH,
}
BUILT = NIMBUS.replace("hostname: llm.nimbus.example", "hostname: other.nimbus.example")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    lay(tmp_path, FILES)
    return tmp_path


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "none"))


def kustomize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str = BUILT, does: str = "") -> StandIn:
    return StandIn(tmp_path / "programs", "kustomize", monkeypatch, says, does)


def lines(found: Found) -> dict[str, str]:
    policy = next(one for one in found.manifests if one.kind == "BackendTLSPolicy")
    fields = {"hostname": ("spec", "validation", "hostname"), "target": ("spec", "targetRefs", 0, "name")}
    return {name: str(policy.at(*path)) for name, path in fields.items()}


PLACES = {"hostname": "overlays/dev/patch.yaml:6:5", "target": "base/nimbus.yaml:59:5"}


def test_an_overlay_is_built_and_each_field_has_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", "no program shall have it")
    program = kustomize(tmp_path, monkeypatch)
    found = read_files(["overlays/dev"])
    assert lines(found) == PLACES
    assert found.rendered == [Path("overlays/dev")]
    ((arguments, environment),) = program.asked
    assert arguments == ["build", "overlays/dev"]
    assert "NIMBUS_API_KEY" not in environment
    assert (environment["HTTPS_PROXY"], environment["PATH"]) == ("http://127.0.0.1:9", environment["HOME"])


IN_PLACE = [
    """\
- target: {kind: BackendTLSPolicy, name: nimbus-.*}
  patch: '[{"op": "replace", "path": "/spec/validation/hostname", "value": "other.nimbus.example"}]'
""",
    "- target: {kind: BackendTLSPolicy}\n  patch: |-\n    " + PATCH.rstrip().replace("\n", "\n    ") + "\n",
]


@pytest.mark.parametrize("patch", IN_PLACE, ids=["json", "merge"])
def test_what_a_patch_in_the_kustomization_puts_there_stands_there(
    patch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("overlays/dev/kustomization.yaml").write_text(f"resources: [../../base]\npatches:\n{patch}")
    kustomize(tmp_path, monkeypatch)
    assert lines(read_files(["overlays/dev"])) == {**PLACES, "hostname": "overlays/dev/kustomization.yaml:4:3"}


@KUSTOMIZE
@pytest.mark.parametrize("name", ["kustomize", "kubectl"])
def test_with_the_real_program(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if REAL[name] is None:
        pytest.skip(f"{name} is not on PATH")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / name).symlink_to(str(REAL[name]))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = read_files(["overlays"])
    assert lines(found) == PLACES
    assert {one.kind for one in found.manifests} == {"Secret", "Backend", "HTTPRoute", "BackendTLSPolicy"}


def test_kubectl_does_it_where_there_is_no_kustomize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = StandIn(tmp_path / "programs", "kubectl", monkeypatch, BUILT)
    assert lines(read_files(["."])) == PLACES
    assert program.asked[0][0] == ["kustomize", "overlays/dev"]


@pytest.mark.usefixtures("nothing")
def test_without_a_program_it_says_how_to_get_one() -> None:
    with pytest.raises(SetupProblem) as raised:
        read_files(["overlays/dev"])
    assert "overlays/dev/kustomization.yaml: neither kustomize nor kubectl is on PATH" in str(raised.value)
    assert "install kustomize (kubectl.docs.kubernetes.io/installation/kustomize)" in str(raised.value)


@pytest.mark.usefixtures("nothing")
def test_what_changes_nothing_needs_no_program() -> None:
    lay(Path(), {"overlays/dev/kustomization.yaml": "resources: [../../base]\n"})
    assert lines(read_files(["overlays/dev"]))["hostname"] == "base/nimbus.yaml:63:5"
    assert not read_files(["overlays/dev"]).rendered


def test_files_beside_that_it_does_not_name_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kustomize(tmp_path, monkeypatch)
    told = {str(one.position): one.reason for one in read_files(["."]).left_out}
    assert told == {"base/unnamed.yaml": "the Kustomization beside it does not name it"}


def test_one_object_in_two_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kustomize(tmp_path, monkeypatch)
    lay(tmp_path, {"overlays/prod/kustomization.yaml": OVERLAY, "overlays/prod/patch.yaml": PATCH})
    with pytest.raises(InputProblem) as raised:
        read_files(["."])
    assert "Secret llm/nimbus-key is in two environments, overlays/dev and overlays/prod" in str(raised.value)
    assert "`agw-conformance certify --apart overlays/dev overlays/prod`" in str(raised.value)


HOSTILE = [
    ("resources: [https://evil.example/x.yaml]", "1:13: resources[0]: 'https://evil.example/x.yaml' would have to be"),
    ("resources: ['github.com/evil/x?ref=main']", "would have to be fetched"),
    ("resources: ['git@evil.example:x/y']", "would have to be fetched"),
    ("bases: ['evil.example:x/y.git']", "would have to be fetched"),
    ("components: ['git::https://evil.example/x']", "would have to be fetched"),
    ("patches: [{path: 'HTTP://evil.example/p.yaml'}]", "patches[0].path: 'HTTP://evil.example/p.yaml' would"),
    ("secretGenerator: [{name: x, files: ['k=https://evil.example/k']}]", "secretGenerator[0].files[0]"),
    ("transformers: ['https://evil.example/t']", "would have to be fetched"),
    ("openapi: {path: 'https://evil.example/o'}", "openapi.path"),
    ("helmCharts: [{name: x, repo: 'https://evil.example'}]", "helmCharts: charts are not fetched here"),
    ("resources: [../../../outside]", "leads out of the checkout"),
    ("resources: [/etc]", "leads out of the checkout"),
    ("resources: [link]", "leads out of the checkout"),
    ("resources: [gone.yaml]", "there is no 'gone.yaml' - correct the path"),
    ("resources: [empty]", "there is no kustomization.yaml in 'empty'"),
    ("resources: [a.yaml]\nComponents: [../../../outside]", "kustomization.yaml:2:1: Components: kustomize disregards"),
    ("Resources: [/etc]", "takes 'Resources' for 'resources'; nothing else does - write resources"),
    ("resources: []\nRESOURCES: ['https://evil.example/y']", "write resources"),
    ("Bases: [/etc]", "write bases"),
    ("Crds: [/etc]", "write crds"),
    ("re\u017fources: [/etc]", "write resources"),
    ("patches: [{Path: /etc/passwd}]", "patches[0].Path: kustomize"),
    ("SecretGenerator: []", "write secretGenerator"),
    ("secretGenerator: [{name: x, Files: [/etc/passwd]}]", "secretGenerator[0].Files: kustomize"),
    ("configMapGenerator: [{name: x, ENVS: [/etc/passwd]}]", "write envs"),
    ("[a]", "a Kustomization is a mapping"),
    ("resources: [", "not valid YAML"),
]


@pytest.mark.parametrize(("text", "said"), HOSTILE)
def test_what_would_lead_elsewhere_is_refused(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = kustomize(tmp_path, monkeypatch)
    (tmp_path / "overlays/dev/link").symlink_to("/etc")
    (tmp_path / "overlays/dev/empty").mkdir()
    lay(tmp_path, {"overlays/dev/kustomization.yaml": text})
    with pytest.raises(InputProblem) as raised:
        read_files(["overlays/dev"])
    assert said in str(raised.value)
    assert str(raised.value).startswith("overlays/dev/kustomization.yaml:")
    assert program.asked == []


def test_the_case_of_keys_counts_also_in_bases_and_beside_what_they_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = kustomize(tmp_path, monkeypatch)
    lay(tmp_path, {"base/kustomization.yaml": "Resources: [nimbus.yaml]\n"})
    for path in ("overlays/dev", "."):
        with pytest.raises(InputProblem, match=r"base/kustomization.yaml:1:1: Resources: .* - write resources"):
            read_files([path])
    assert program.asked == []
    lay(tmp_path, {"base/k.yaml": "APIVersion: kustomize.config.k8s.io/v1\nKind: Kustomization\n"})
    with pytest.raises(InputProblem, match="a Kustomization, which is no object"):
        read_files(["base/k.yaml"])


def test_labels_and_annotations_are_called_as_people_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kustomize(tmp_path, monkeypatch)
    free = "commonAnnotations: {Name: a}\nlabels: [{pairs: {Kind: b}}]\nmetadata: {annotations: {Path: c}}\n"
    lay(tmp_path, {"overlays/dev/kustomization.yaml": f"{OVERLAY}{free}"})
    assert lines(read_files(["overlays/dev"])) == PLACES


def test_kustomizations_in_a_circle_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kustomize(tmp_path, monkeypatch, "", "sys.exit('Error: cycle detected')")
    lay(tmp_path, {"base/kustomization.yaml": "resources: [nimbus.yaml, ../overlays/dev]\n"})
    with pytest.raises(InputProblem, match=r"base/kustomization\.yaml: kustomize: Error: cycle detected"):
        read_files(["base"])


def test_it_may_neither_take_long_nor_write_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "RENDERING", 0.2)
    monkeypatch.setattr(programs, "MOST_BYTES", 1000)
    kustomize(tmp_path, monkeypatch, does="time.sleep(60)")
    with pytest.raises(InputProblem, match="kustomize did not end within"):
        read_files(["overlays/dev"])
    monkeypatch.setattr(programs, "RENDERING", 30.0)
    StandIn(tmp_path / "more", "kustomize", monkeypatch, "#" * 2000)
    with pytest.raises(InputProblem, match="kustomize makes more than 16 MiB"):
        read_files(["overlays/dev"])


def test_what_it_makes_of_it_may_be_no_manifests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, (text, said) in enumerate([("a: [", "not valid YAML"), ("- 1", "a Kubernetes object is a mapping")]):
        StandIn(tmp_path / str(number), "kustomize", monkeypatch, text)
        with pytest.raises(InputProblem, match=said):
            read_files(["overlays/dev"])
