"""Rights in a cluster: whether one was missing when an object was refused."""

from __future__ import annotations

from conformance.kube import Refused
from conformance.problems import SetupProblem

__all__ = ["check_permitted"]


def check_permitted(refused: Refused) -> None:
    """Raise SetupProblem when it is not the object that was refused but whoever asked."""
    # Admission webhooks forbid objects, too, but in other words.
    if refused.status == 401 or (refused.status == 403 and " cannot " in refused.message):
        remedy = "have what `agw-conformance cluster-rbac` prints applied, and use its ServiceAccount"
        raise SetupProblem(f"a right is missing: {refused.message}", remedy=remedy) from refused
