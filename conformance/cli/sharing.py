"""How several workers share the tests of a run: each gets whole scenes, and arranges no others."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.stage.arrangement.shards import Shard

__all__ = ["Sharing", "share_of"]

_SHARE = "conformance_share"


def share_of(config: pytest.Config) -> Shard | None:
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
