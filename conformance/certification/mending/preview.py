"""What edits would come to, by the data alone: fast enough to look at a thousand candidates."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

from conformance.certification.mending.text.edits import Edit, Spot, Unmendable
from conformance.certification.mending.view import View, items_in
from conformance.core.yaml.located import Document

__all__ = ["lines_of", "preview"]


def preview(view: View, edits: Sequence[Edit]) -> View:
    """The view after edits; its texts are still the old ones. Documents that do not change are the same objects.

    Raises Unmendable when an edit does not fit.
    """
    changed: dict[str, list[Any]] = {}
    copied: set[tuple[str, int]] = set()
    for edit in edits:
        documents = changed.setdefault(edit.file, [one.data for one in view.documents.get(edit.file, ())])
        spot: Spot | None = getattr(edit, "spot", None)
        try:
            if spot is not None and (spot.file, spot.document) not in copied:
                copied.add((spot.file, spot.document))
                documents[spot.document] = copy.deepcopy(documents[spot.document])
            edit.on_data(documents)
        except (LookupError, TypeError, AttributeError) as error:
            raise Unmendable(f"{edit.file}: {error}") from error
    documents_after = dict(view.documents)
    for file, found in changed.items():
        documents_after[file] = tuple(Document(one, {}) for one in found)
    items = [
        item
        for file, found in documents_after.items()
        for item in (items_in(file, found) if file in changed else view.in_file(file))
    ]
    return dataclasses.replace(view, items=tuple(items), documents=documents_after)


def lines_of(view: View, edits: Sequence[Edit]) -> set[tuple[str, int]]:
    """The lines, from 1, of the fields that edits change, or of their nearest ancestors that are there."""
    found: set[tuple[str, int]] = set()
    for edit in edits:
        spot: Spot | None = getattr(edit, "spot", None)
        documents = view.documents.get(edit.file, ())
        if spot is not None and spot.document < len(documents):
            found.add((spot.file, documents[spot.document].at(*spot.path).line))
    return found
