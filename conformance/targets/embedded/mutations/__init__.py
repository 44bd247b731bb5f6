"""The registry of mutants: every one is the reference with one defect, which some case must notice."""

from __future__ import annotations

from conformance.targets.embedded.mutations.admissions import ADMISSIONS
from conformance.targets.embedded.mutations.bodies import BODIES
from conformance.targets.embedded.mutations.configurations import CONFIGURATIONS
from conformance.targets.embedded.mutations.decisions import DECISIONS
from conformance.targets.embedded.mutations.heads import HEADS
from conformance.targets.embedded.mutations.mutant import Mutant
from conformance.targets.embedded.mutations.statuses import STATUSES
from conformance.targets.embedded.mutations.streams import STREAMS
from conformance.targets.embedded.mutations.transports import TRANSPORTS

__all__ = ["MUTANTS", "Mutant"]

MUTANTS: dict[str, Mutant] = {
    one.name: one
    for one in (*HEADS, *BODIES, *STREAMS, *TRANSPORTS, *DECISIONS, *CONFIGURATIONS, *STATUSES, *ADMISSIONS)
}
"""All mutants by name. A run takes the `seams`, `controller` and `admission` of one."""
