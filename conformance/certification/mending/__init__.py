"""The fix finder: the smallest single change of the manifests with which everything passes, or several."""

from conformance.certification.mending.composing import Measure, State, compose
from conformance.certification.mending.fix import Fix, write_fix
from conformance.certification.mending.foresight import troubles
from conformance.certification.mending.search import Evaluate, Score, Search, find_fix
from conformance.certification.mending.view import Around, dialect_in

__all__ = [
    "Around",
    "Evaluate",
    "Fix",
    "Measure",
    "Score",
    "Search",
    "State",
    "compose",
    "dialect_in",
    "find_fix",
    "troubles",
    "write_fix",
]
