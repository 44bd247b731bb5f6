"""End-to-end conformance tests for OpenAI-compatible LLM providers behind agentgateway.

`certify` is for tests of one's own; docs/how-to/library.md tells how.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from conformance.version import __version__

if TYPE_CHECKING:
    from conformance.certification.findings import Finding, ManifestVerdict, ProviderVerdict, Statement
    from conformance.certification.library import certify, certify_async
    from conformance.core.problems import InputProblem, SetupProblem
    from conformance.stage.case import Level
    from conformance.targets.cluster.options import ClusterOptions
    from conformance.targets.embedded.options import EmbeddedOptions
    from conformance.targets.kind.options import KindOptions, StackOptions
    from conformance.targets.standalone.options import StandaloneOptions
    from conformance.verdict.results import Outcome

__all__ = [
    "ClusterOptions",
    "EmbeddedOptions",
    "Finding",
    "InputProblem",
    "KindOptions",
    "Level",
    "ManifestVerdict",
    "Outcome",
    "ProviderVerdict",
    "SetupProblem",
    "StackOptions",
    "StandaloneOptions",
    "Statement",
    "__version__",
    "certify",
    "certify_async",
]

_MODULES = {
    "certification.findings": ("Finding", "ManifestVerdict", "ProviderVerdict", "Statement"),
    "certification.library": ("certify", "certify_async"),
    "core.problems": ("InputProblem", "SetupProblem"),
    "stage.case": ("Level",),
    "targets.cluster.options": ("ClusterOptions",),
    "targets.embedded.options": ("EmbeddedOptions",),
    "targets.kind.options": ("KindOptions", "StackOptions"),
    "targets.standalone.options": ("StandaloneOptions",),
    "verdict.results": ("Outcome",),
}


def __getattr__(name: str) -> Any:
    # When they are asked for: the command's --help, and whoever reads the version only, should not wait for them.
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
