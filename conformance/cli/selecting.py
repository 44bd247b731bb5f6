"""Which of the tests that pytest has collected are run, and by whom: cases by their ids, a shard, a worker's share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from conformance.cli.options import in_pytest, options_given
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.arrangement.shards import Shard, plays
from conformance.stage.case import Case, case_of
from conformance.stage.scenario.scenario import Scenario
from conformance.stage.settings import Settings

__all__ = ["Selection", "Sharing", "scene_keys"]

_OF_CASES = ("manifests", "stdin", "case", "provider", "report", "shard", "balance-by")
"""Options that say which cases run about what; a test that certifies by itself says that itself."""

_SHARE = "conformance_share"


class Selection:
    """A pytest plugin object."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Mark cases with area and level; with --case only cases run."""
        for item in items:
            if (found := case_of(getattr(item, "function", None))) is not None:
                item.add_marker(found.area)
                item.add_marker(found.level.lower())
        if wanted := self._settings.cases:
            self._keep(items, [case is not None and case.id in wanted for case in map(_case_of, items)])

    @pytest.hookimpl(specname="pytest_collection_modifyitems", trylast=True)
    def pytest_choose_the_shard(self, items: list[pytest.Item]) -> None:
        """Of the cases that are left when all others have chosen, keep this shard's; what is no case all shards run.

        Of these again, where workers share them, this worker's.
        """
        for shard in (self._settings.shard, _share_of(self._config)):
            if shard is not None:
                scenes = {item.nodeid: " ".join(map(_label, scene_keys(item))) for item in items if _case_of(item)}
                ours = plays(shard, scenes)
                self._keep(items, [item.nodeid in ours or item.nodeid not in scenes for item in items])

    def _keep(self, items: list[pytest.Item], chosen: Sequence[bool]) -> None:
        if not all(chosen):
            left = [item for item, keep in zip(items, chosen, strict=True) if not keep]
            self._config.hook.pytest_deselected(items=left)
            items[:] = [item for item, keep in zip(items, chosen, strict=True) if keep]

    @pytest.hookimpl(specname="pytest_collection_modifyitems", trylast=True)
    def pytest_refuse_options_in_vain(self, items: list[pytest.Item]) -> None:
        """An option that changes nothing in this run is a mistake: somebody believes in what it would have done."""
        vain = [one for one in options_given(self._config.option) if not _is_heeded(one, items)]
        if vain and items:
            told = in_pytest(f"--{vain[0]}: none of the tests that were collected heeds it", self._config.option)
            told += " - add --pyargs conformance.cases, or leave it out"
            if not hasattr(self._config, "workerinput"):
                raise pytest.UsageError(told)
            # What a worker raises nobody hears, but an error of collection is told, and without tests the run ends.
            items.clear()
            self._config.hook.pytest_collectreport(report=pytest.CollectReport("conformance", "failed", told, []))


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


def _label(key: SceneKey) -> str:
    return f"{key.provider}/{key.name}"


def _case_of(item: pytest.Item) -> Case | None:
    return case_of(getattr(item, "function", None))


def _share_of(config: pytest.Config) -> Shard | None:
    """The share of this worker; None: it gets its tests one by one, or is none."""
    given = getattr(config, "workerinput", {}).get(_SHARE)
    return Shard(*given) if given else None


class Sharing:
    """A plugin object for a run of cases alone, unless somebody asks for a distribution of his own (`--dist`).

    xdist's own ways give a test to whoever is free: any worker might get any, so each would have all scenes stand.
    """

    def __init__(self) -> None:
        self._indices: dict[int, int] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """A scheduler that has each worker run all that it has collected."""
        return _scheduling(config, log) if _is_asked(config) else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which share is its; one that takes a dead one's place has the same specification."""
        if _is_asked(node.config):
            index = self._indices.setdefault(id(node.gateway.spec), len(self._indices) + 1)
            node.workerinput[_SHARE] = index, node.workerinput["workercount"]


def _is_asked(config: pytest.Config) -> bool:
    return bool(config.option.dist == "load")


def _scheduling(config: pytest.Config, log: Any) -> Any:
    # Where there are no workers it is not needed.
    from xdist.scheduler import EachScheduling

    class Shares(EachScheduling):  # type: ignore[misc]  # xdist has no types
        def schedule(self) -> None:
            # The progress is told by it, and xdist takes one worker's tests for all.
            session: Any = config.pluginmanager.getplugin("session")
            session.testscollected = sum(map(len, self.node2collection.values()))
            super().schedule()

    return Shares(config, log)
