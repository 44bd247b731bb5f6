"""The registry of mutants: every one is the reference with one defect, which some case must notice."""

from __future__ import annotations

from conformance.targets.embedded.mutations.admissions import ADMISSIONS
from conformance.targets.embedded.mutations.apis import APIS
from conformance.targets.embedded.mutations.bodies import BODIES
from conformance.targets.embedded.mutations.configurations import CONFIGURATIONS
from conformance.targets.embedded.mutations.connections import CONNECTIONS
from conformance.targets.embedded.mutations.decisions import DECISIONS
from conformance.targets.embedded.mutations.disclosures import DISCLOSURES
from conformance.targets.embedded.mutations.heads import HEADS
from conformance.targets.embedded.mutations.mutant import Mutant
from conformance.targets.embedded.mutations.policies import POLICIES
from conformance.targets.embedded.mutations.statuses import STATUSES
from conformance.targets.embedded.mutations.streams import STREAMS
from conformance.targets.embedded.mutations.transports import TRANSPORTS

__all__ = ["MUTANTS", "Mutant"]

_GATEWAY = (*HEADS, *BODIES, *APIS, *STREAMS, *TRANSPORTS, *CONNECTIONS)
_CONTROLLER = (*DECISIONS, *CONFIGURATIONS, *POLICIES, *STATUSES, *DISCLOSURES)

MUTANTS: dict[str, Mutant] = {one.name: one for one in (*_GATEWAY, *_CONTROLLER, *ADMISSIONS)}
"""All mutants by name. A run takes the `seams`, `controller` and `admission` of one."""
