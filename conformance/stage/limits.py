"""What of a case cannot be judged on a stage, since the manifests have fields whose effect is not known."""

from __future__ import annotations

from conformance.exchange.oracle.unjudged import Unjudged, unjudged
from conformance.stage.case import Case
from conformance.stage.stage import Stage

__all__ = ["unjudged_on"]


def unjudged_on(stage: Stage, case: Case) -> tuple[Unjudged, ...]:
    """Why a case cannot be judged by the way that its requests take, field by field."""
    if not case.aspects:
        return ()
    ways = stage.further_ways if case.every_way else stage.ways[:1]
    found = (one for way in ways for one in unjudged(stage.configuration, way.route, way.rule))
    return tuple(dict.fromkeys(one for one in found if one.aspect in case.aspects))
