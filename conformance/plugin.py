"""The pytest plugin: options, markers, the `stage` and `stages` fixtures, verdicts and reports.

It loads for whoever says `pytest_plugins = ["conformance.plugin"]` in the conftest.py at the root of the tests, or
`pytest -p conformance.plugin`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Protocol, Unpack

import pytest
import pytest_asyncio

from conformance.certification.findings import ManifestVerdict
from conformance.certification.library import CertifyOptions, Given, certify, options_of
from conformance.cli.options import add_options, in_pytest, read_options, read_settings
from conformance.cli.selecting import Selection, scene_keys
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
from conformance.stage.case import AREAS, Case, Level, NotApplicable, case_of, parameters_of, values_of
from conformance.stage.opening import client_of, make_stages
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
    config.pluginmanager.register(Selection(config, settings), "conformance-selection")
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
    wanted = collector.config.stash[SETTINGS].cases
    if wanted and found.id not in wanted:
        return []
    if all(mark.name != "asyncio" for mark in getattr(obj, "pytestmark", ())):
        pytest.mark.asyncio(loop_scope="session")(obj)
    return None


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
    async with client_of(arrangement.target.gateway) as client:
        yield client


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
