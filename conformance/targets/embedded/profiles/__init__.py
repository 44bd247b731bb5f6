"""Profiles: the reference with what a released gateway does otherwise than documented, as data beside the mutants."""

from __future__ import annotations

from conformance.core.problems import InputProblem
from conformance.stage.target import Imitated
from conformance.targets.embedded.profiles import agentgateway_1_4, kgateway_2_1
from conformance.targets.embedded.profiles.profile import Change, Profile

__all__ = ["NAMES", "PROFILES", "Change", "Profile", "profile_of"]

PROFILES = (
    Profile(
        "agentgateway-1.4",
        "agentgateway-1",
        Imitated("1.4.1", "kind", "agentgateway-1.4.1"),
        (*agentgateway_1_4.PROXY, *agentgateway_1_4.CONTROL_PLANE),
    ),
    Profile("agentgateway-1.4", "kgateway-2.1", Imitated("1.4.1", "standalone"), agentgateway_1_4.PROXY),
    # As called by its nightly workflow; of 2026-08-21.
    Profile(
        "agentgateway-main",
        "kgateway-2.1",
        Imitated("0.0.0-alpha.75b4e6ce6", "standalone"),
        agentgateway_1_4.MAIN_PROXY,
    ),
    Profile(
        "agentgateway-main",
        "agentgateway-1",
        Imitated("0.0.0-alpha.75b4e6ce6", "standalone"),
        agentgateway_1_4.MAIN_PROXY,
    ),
    Profile("agentgateway-0.10", "kgateway-2.1", Imitated("0.10.5", "standalone"), kgateway_2_1.PROXY),
    Profile(
        "kgateway-2.1",
        "kgateway-2.1",
        Imitated("0.10.5", "kind", "kgateway-v2.1.0"),
        (*kgateway_2_1.PROXY, *kgateway_2_1.CONTROL_PLANE),
    ),
)
"""By name and dialect: where a gateway's own control plane has no such API it is the proxy alone, as it stands on the
standalone target."""

NAMES = tuple(dict.fromkeys(one.name for one in PROFILES))

_SHORT = {name.removeprefix("agentgateway-"): name for name in NAMES}


def profile_of(asked: str, dialect: str = "") -> Profile:
    """The profile that a person means, in a dialect if one is known. Raises InputProblem."""
    said, name = f"--gateway-profile {asked}", _SHORT.get(asked, asked)
    found = [one for one in PROFILES if one.name == name]
    if not found:
        raise InputProblem(f"{said}: unknown", remedy=f"one of: {', '.join(NAMES)}")
    fitting = [one for one in found if dialect in ("", one.dialect)]
    if not fitting:
        others = ", ".join(dict.fromkeys(one.name for one in PROFILES if one.dialect == dialect))
        raise InputProblem(
            f"{said}: that gateway was not measured with the dialect {dialect}", remedy=f"one of: {others}"
        )
    return fitting[0]
