"""Single changes that a person would make, found by what people get wrong."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.mending.candidate import Candidate
from conformance.certification.mending.candidates.credentials import credentials
from conformance.certification.mending.candidates.fields import fields
from conformance.certification.mending.candidates.gateways import gateways
from conformance.certification.mending.candidates.names import names
from conformance.certification.mending.candidates.places import places
from conformance.certification.mending.candidates.provider import provider
from conformance.certification.mending.candidates.routes import routes
from conformance.certification.mending.candidates.tls import tls
from conformance.certification.mending.view import View

__all__ = ["candidates"]

_SOURCES = (fields, provider, names, credentials, tls, routes, gateways, places)


def candidates(view: View) -> Iterator[Candidate]:
    """All of them, none twice; the earlier is the likelier where nothing else tells them apart."""
    seen: set[str] = set()
    for source in _SOURCES:
        for one in source(view):
            if (key := repr(one.edits)) not in seen:
                seen.add(key)
                yield one
