"""report.html: one file that needs no network and, for reading, no JavaScript."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from conformance.core.redaction import redact
from conformance.report.facts import RunFacts
from conformance.report.html.view import page, told_tls
from conformance.verdict.results import Verdict
from conformance.version import __version__

__all__ = ["html"]

_TEMPLATES = Path(__file__).parent / "templates"


def html(verdict: Verdict, facts: RunFacts) -> str:
    """The report as an HTML document. Everything that came over a wire is escaped, and its policy allows no scripts
    and styles but these very ones."""
    style, script = (_part(name) for name in ("report.css", "report.js"))
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    return _template().render(
        page=page(verdict),
        fix=verdict.fix,
        facts=facts,
        told_tls=told_tls,
        suite_version=__version__,
        # Files of ours, the only text that is not escaped.
        style=Markup(style),
        script=Markup(script),
        policy=policy,
    )


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_struck,
    )
    environment.filters["slug"] = lambda text: str(text).replace(" ", "-").replace("/", "-")
    environment.filters["ticks"] = _ticks
    return environment.get_template("report.html.jinja")


def _ticks(text: str) -> Markup:
    """Text of ours with `names` in it, which become code."""
    parts = redact(text).split("`")
    if len(parts) % 2 == 0:
        return escape(redact(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def _struck(value: Any) -> Any:
    # Before anything is escaped: an escaped key would not be recognised any more.
    return value if isinstance(value, Markup) else redact(str(value))


def _part(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
