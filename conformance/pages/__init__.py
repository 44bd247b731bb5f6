"""Documentation pages: read into steps, looked over, and compared with what comes back. Touches no network."""

from __future__ import annotations

from conformance.pages.model import (
    GATEWAY_VARIABLE,
    Apply,
    ExpectedOutput,
    Export,
    Item,
    Line,
    NotRun,
    Page,
    PortForward,
    Request,
    Section,
    Step,
    Write,
)
from conformance.pages.notes import Note, notes
from conformance.pages.reading import load_page, load_pages, read_page, read_pages
from conformance.pages.shape import is_vendors_own, shape_differences
from conformance.pages.shell.curl import CurlRequest, Url, parse_curl, parse_url
from conformance.pages.shell.words import NotCarriedOut, NoValue, Word

__all__ = [
    "GATEWAY_VARIABLE",
    "Apply",
    "CurlRequest",
    "ExpectedOutput",
    "Export",
    "Item",
    "Line",
    "NoValue",
    "NotCarriedOut",
    "NotRun",
    "Note",
    "Page",
    "PortForward",
    "Request",
    "Section",
    "Step",
    "Url",
    "Word",
    "Write",
    "is_vendors_own",
    "load_page",
    "load_pages",
    "notes",
    "parse_curl",
    "parse_url",
    "read_page",
    "read_pages",
    "shape_differences",
]  # fmt: skip
