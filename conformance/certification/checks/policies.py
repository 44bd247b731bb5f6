"""What policies and Backends say that counts for requests to the providers that are judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.checks.model import Sheet
from conformance.certification.checks.reading import dig
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.in_force import in_force
from conformance.manifests.dialects.model import ways_or_none
from conformance.manifests.objects import Manifest, ObjectId

__all__ = ["said_in_force"]


def said_in_force(
    sheet: Sheet, fields: Mapping[tuple[str, str], FieldPath]
) -> Iterator[tuple[Manifest, FieldPath, Any]]:
    """(object, where, value) of what stands below these fields (part, name), each once.

    What is outranked, or targets something that no request to a provider passes, is not among them.
    """
    found: dict[tuple[ObjectId, FieldPath], Manifest] = {}
    for backend, llm in sheet.configuration.llms():
        for route, rule in ways_or_none(sheet.configuration.routes, backend.id):
            for one in in_force(sheet.configuration, backend, llm, route, rule):
                if below := fields.get((one.part, one.field)):
                    found[one.origin.manifest.id, (*one.origin.path, *below)] = one.origin.manifest
    for (_, path), manifest in found.items():
        yield manifest, path, dig(manifest.data, *path)
