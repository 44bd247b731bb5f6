"""What a failure's diagnosis looks at, and what it comes to."""

from __future__ import annotations

from typing import NamedTuple

from conformance.core.problems import Place
from conformance.core.providers.provider import Provider
from conformance.core.startup.records import dataclass
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Mismatch
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.upstream import Part
from conformance.manifests.dialects import dialect_named
from conformance.manifests.dialects.dialect import Dialect
from conformance.manifests.dialects.model import Backend, Configuration
from conformance.stage.scenario.scenario import Scenario
from mock_providers.journal import RequestSeen

__all__ = ["GATEWAY", "UNKNOWN", "Diagnosis", "Failure", "Told", "body_field"]

GATEWAY = "none in the manifests: they are right. Report it to the gateway's project with this output."

UNKNOWN = "unknown"
"""The area of a cause that nobody has recognised."""


class Told(NamedTuple):
    """A cause in the gateway; `area` as of a Diagnosis."""

    cause: str
    area: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """Why a case failed, as far as the evidence tells, and what to change.

    `area` is that of the catalogue which the cause belongs to; empty where only the case can tell.
    """

    cause: str
    remedy: str
    where: Place | None = None
    area: str = ""


@dataclass(frozen=True)
class Failure:
    """All that rules look at; `provider` is who answers where the request belongs."""

    exchange: Exchange
    mismatches: tuple[Mismatch, ...]
    configuration: Configuration
    scenario: Scenario
    provider: Provider | None = None

    def about(self, *facets: Facet) -> Mismatch | None:
        """The first mismatch about one of these facets."""
        return next((one for one in self.mismatches if one.about in facets), None)

    @property
    def dialect(self) -> Dialect:
        """The API that the manifests are written in."""
        return dialect_named(self.configuration.dialect)

    @property
    def backend(self) -> Backend | None:
        """The Backend that the request belongs to."""
        return self.exchange.expected.backend

    def where(self, part: Part) -> Place | None:
        """The manifest field that decides a part."""
        origin = self.exchange.expected.because.get(part)
        return origin.place if origin else None


def body_field(request: ClientRequest | RequestSeen, name: str) -> object:
    """A field of a body; None where it has none, or is no JSON object."""
    try:
        return request.json().get(name)
    except (ValueError, AttributeError):
        return None
