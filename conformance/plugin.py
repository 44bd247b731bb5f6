"""The pytest plugin: options, markers, the `stage` and `stages` fixtures, verdicts and reports.

It loads for whoever says `pytest_plugins = ["conformance.plugin"]` in the conftest.py at the root of the tests, or
`pytest -p conformance.plugin`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator, Generator, Sequence
from pathlib import Path
from typing import Protocol, Unpack

import pytest
import pytest_asyncio

from conformance.certification.findings import ManifestVerdict
from conformance.certification.library import CertifyOptions, Given, certify, options_of
from conformance.cli.options import add_options, in_pytest, options_given, read_options, read_settings
from conformance.core.host import raise_open_files
from conformance.core.interrupts import interrupt_on_sigterm
from conformance.core.problems import ExitCode, InputProblem, SetupProblem
from conformance.core.redaction import redact
from conformance.core.terminal import one_line
from conformance.exchange.client import GatewayClient
from conformance.report.annotations import on_github, problem_command
from conformance.report.recorder import RECORDER, Recorder
from conformance.report.write import check_writable
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.case import AREAS, Case, Level, NotApplicable, case_of, parameters_of, values_of
from conformance.stage.opening import make_stages
from conformance.stage.scenario.scenario import Scenario
from conformance.stage.settings import Settings
from conformance.stage.stage import Stage
from conformance.targets.registry import TARGETS
from conformance.targets.run import conformance_run

__all__: list[str] = []

SETTINGS = pytest.StashKey[Settings]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the suite; pytest-kind's keep their names and meaning."""
    add_options(parser.getgroup("conformance", "conformance of providers behind agentgateway"))


def pytest_configure(config: pytest.Config) -> None:
    """Register markers, read the settings once, and let SIGTERM end a run as Ctrl-C does."""
    for area, letter in AREAS.items():
        config.addinivalue_line("markers", f"{area}: cases of area {letter}, {area}")
    for level in Level:
        config.addinivalue_line("markers", f"{level.lower()}: cases of level {level}")
    _check_alone(config)
    raise_open_files()
    try:
        settings = config.stash[SETTINGS] = read_settings(config.option)
        _enter_own_network(settings.target, config)
        if settings.report is not None and not hasattr(config, "workerinput"):
            check_writable(settings.report)
    except InputProblem as problem:
        raise pytest.UsageError(_told(problem, config)) from problem
    except SetupProblem as problem:
        said = in_pytest(f"set-up failed: {problem}", config.option)
        pytest.exit(said, returncode=ExitCode.SETUP_FAILED)
    recorder = Recorder(config, settings)
    config.stash[RECORDER] = recorder
    config.pluginmanager.register(recorder, "conformance-recorder")
    interrupt_on_sigterm(config.add_cleanup)


def _check_alone(config: pytest.Config) -> None:
    """Raise UsageError where a package of theirs has the name of ours."""
    for folder in dict.fromkeys([config.rootpath, *map(Path, sys.path)]):
        other = folder / "conformance"
        # One with a plugin is ours, too: a checkout beside an installed package.
        if (other / "__init__.py").is_file() and not (other / "plugin.py").is_file():
            raise pytest.UsageError(
                f"{other} is a package with the name of the suite's, and Python can have one of them only: rename it,"
                " remove its __init__.py, or leave the plugin out and use the command agw-conformance"
            )


def _told(problem: InputProblem, config: pytest.Config) -> str:
    """The problem; on GitHub with a line of its own that puts it on the manifest's line."""
    told = one_line(in_pytest(str(problem), config.option))
    return f"{told}\n{problem_command(problem)}" if on_github() else told


def _enter_own_network(target: str, config: pytest.Config) -> None:
    """Begin again in a network of the run's own, where the target has one; the command has done it before."""
    if not config.option.collectonly and (enter := TARGETS[target].own_network()):
        # pytest has put files of its own in the place of standard output.
        config.pluginmanager.getplugin("capturemanager").suspend_global_capture(in_=True)
        enter()


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """Let cases run in the one loop of the session, whatever asyncio mode is set; make no test of one not chosen."""
    found = case_of(obj) if inspect.isfunction(obj) else None
    if found is None:
        return None
    if _is_deselected(found, collector.config):
        return []
    if all(mark.name != "asyncio" for mark in getattr(obj, "pytestmark", ())):
        pytest.mark.asyncio(loop_scope="session")(obj)
    return None


def _is_deselected(found: Case | None, config: pytest.Config) -> bool:
    wanted = config.stash[SETTINGS].cases
    return bool(wanted) and (found is None or found.id not in wanted)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A case runs once per provider, or once with all of them."""
    if case_of(metafunc.function) is None:
        return
    names = [profile.name for profile in metafunc.config.stash[SETTINGS].profiles]
    if "stage" in metafunc.fixturenames:
        metafunc.parametrize("stage", names, ids=[one_line(name) for name in names], indirect=True)
    elif "stages" in metafunc.fixturenames:
        metafunc.parametrize("stages", [tuple(names)], ids=[one_line("+".join(names))], indirect=True)
    if varied := values_of(metafunc.function, metafunc.config.stash[SETTINGS].dialect):
        name, values = varied
        metafunc.parametrize(name, values, ids=[str(one or "none") for one in values])
    for one in parameters_of(metafunc.function):
        metafunc.parametrize(one.names, [pytest.param(*each.values, id=each.id) for each in one.sets], ids=one.ids)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark cases with area and level; with --case only cases run."""
    kept: list[pytest.Item] = []
    for item in items:
        found = case_of(getattr(item, "function", None))
        if found is not None:
            item.add_marker(found.area)
            item.add_marker(found.level.lower())
        if not _is_deselected(found, config):
            kept.append(item)
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.hookimpl(specname="pytest_collection_modifyitems", trylast=True)
def pytest_refuse_options_in_vain(config: pytest.Config, items: list[pytest.Item]) -> None:
    """An option that changes nothing in this run is a mistake: somebody believes in what it would have done."""
    vain = [one for one in options_given(config.option) if not _is_heeded(one, items)]
    if vain and items:
        told = in_pytest(f"--{vain[0]}: none of the tests that were collected heeds it", config.option)
        told += " - add --pyargs conformance.cases, or leave it out"
        if not hasattr(config, "workerinput"):
            raise pytest.UsageError(told)
        # What a worker raises nobody hears, but an error of collection is told, and without tests the run ends.
        items.clear()
        config.hook.pytest_collectreport(report=pytest.CollectReport("conformance", "failed", told, []))


_OF_CASES = ("manifests", "stdin", "case", "provider", "report")
"""Options that say which cases run about what; a test that certifies by itself says that itself."""


def _is_heeded(option: str, items: Sequence[pytest.Item]) -> bool:
    """Whether an option makes a difference to any of the tests."""
    certifying = option not in _OF_CASES and any("agw_certify" in getattr(one, "fixturenames", ()) for one in items)
    return certifying or any(case_of(getattr(one, "function", None)) is not None for one in items)


def scene_keys(item: pytest.Item) -> list[SceneKey]:
    """The scenes that a test plays in; none for a test that is no case."""
    found, callspec = case_of(getattr(item, "function", None)), getattr(item, "callspec", None)
    if found is None or callspec is None:
        return []
    scenario: Scenario = callspec.params.get("scenario", found.scenario)
    names = callspec.params.get("stages") or (callspec.params.get("stage"),)
    owner = item.name if scenario.own else ""
    return [SceneKey(name, scenario, owner) for name in names if name]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def arrangement(request: pytest.FixtureRequest) -> AsyncIterator[Arrangement]:
    """The target with the scenes of all selected cases standing on it."""
    settings = request.config.stash[SETTINGS]
    keys = [key for item in request.session.items for key in scene_keys(item)]
    try:
        async with conformance_run(settings, keys) as standing:
            request.config.stash[RECORDER].target = standing.target
            yield standing
    except SetupProblem as problem:
        request.config.stash[RECORDER].setup_problem = problem
        # The recorder has the last word. A worker's is heard by nobody, so it says it here.
        said = f"set-up failed: {problem}" if hasattr(request.config, "workerinput") else "set-up failed"
        pytest.exit(redact(said), returncode=ExitCode.SETUP_FAILED)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gateway_client(arrangement: Arrangement) -> AsyncIterator[GatewayClient]:
    """The client of all exchanges."""
    client = GatewayClient(arrangement.target.gateway.url, arrangement.target.gateway.authority)
    yield client
    await client.close()


class Certify(Protocol):
    """As `conformance.certify`."""

    def __call__(self, *given: Given, **options: Unpack[CertifyOptions]) -> ManifestVerdict: ...


@pytest.fixture(scope="session")
def agw_certify(pytestconfig: pytest.Config) -> Certify:
    """`conformance.certify`, with this run's --agw-target, --agw-level and the like where a test says nothing else."""
    usual = options_of(read_options(pytestconfig.option))

    def certify_here(*given: Given, **options: Unpack[CertifyOptions]) -> ManifestVerdict:
        both = usual.copy()
        both.update(options)
        return certify(*given, **both)

    return certify_here


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Scenario:
    """What the case plays in: what it declares, unless its test is parametrised over `scenario`."""
    found = case_of(getattr(request.node, "function", None))
    assert found is not None, "only cases play in scenarios"
    return found.scenario


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, scenario: Scenario, arrangement: Arrangement, gateway_client: GatewayClient
) -> Stage:
    """The case's scene, for one provider."""
    return _stages(request, arrangement, gateway_client)[request.param]


@pytest.fixture
def stages(
    request: pytest.FixtureRequest, scenario: Scenario, arrangement: Arrangement, gateway_client: GatewayClient
) -> dict[str, Stage]:
    """The case's scene for every provider of the run, by name."""
    return _stages(request, arrangement, gateway_client)


def _stages(request: pytest.FixtureRequest, arrangement: Arrangement, client: GatewayClient) -> dict[str, Stage]:
    found = case_of(getattr(request.node, "function", None))
    assert found is not None
    keys, made = scene_keys(request.node), request.node.stash.setdefault(STAGES, [])
    recorder = request.config.stash[RECORDER]
    try:
        known = recorder.known_deviation(found.id, request.node)
        make_stages(arrangement, client, found, keys, known is not None and not known.sign, made)
    except SetupProblem as problem:
        recorder.give_up(request.session, problem)
        raise
    return {key.provider: stage for key, stage in zip(keys, made, strict=True)}


STAGES = pytest.StashKey[list[Stage]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """A stage that cannot be had: the case is not applicable."""
    return (yield from _skipping())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A case that finds itself not applicable."""
    return (yield from _skipping())


def _skipping() -> Generator[None, object, object]:
    try:
        return (yield)
    except NotApplicable as reason:
        pytest.skip(str(reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the outcome of a case into a verdict and a failure into its explanation."""
    report = yield
    found: Case | None = case_of(getattr(item, "function", None))
    if found is not None:
        keys = scene_keys(item)
        stages: list[Stage] = item.stash.get(STAGES, [])
        item.config.stash[RECORDER].judge(item, found, keys, stages, call, report)
    return report
