"""Static checks: mistakes that can be seen in the manifests, each at file, line and column with its remedy."""

from conformance.checks import backends, paths
from conformance.checks.gateways import gateways_of
from conformance.checks.model import Defect, GatewayFacts, Listener, Severity, Sheet
from conformance.checks.registry import CHECKS, check

__all__ = [
    "CHECKS",
    "Defect",
    "GatewayFacts",
    "Listener",
    "Severity",
    "Sheet",
    "backends",
    "check",
    "gateways_of",
    "paths",
]
