"""report.html: complete, safe, readable by everybody, without a network."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from conformance.core.problems import Place, Position
from conformance.core.redaction import register_key
from conformance.report.html import html as module
from conformance.report.html.html import html
from conformance.stage.case import Level
from conformance.verdict.results import Outcome, Verdict
from tests.support.report import FACTS, HOSTILE, VERDICT, exchange, result

CSS = (Path(module.__file__).parent / "templates" / "report.css").read_text()
VOID = {"meta", "link", "img", "br", "input", "col", "hr"}


class Reader(HTMLParser):
    """The elements with their attributes, and the text of each kind of element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts.setdefault(tag, []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


REPORT = html(VERDICT, FACTS)
READ = Reader(REPORT)


def test_every_element_is_closed_and_every_id_stands_once() -> None:
    assert READ.open == []
    ids = [one["id"] for _, one in READ.elements if "id" in one]
    assert len(ids) == len(set(ids))
    targets = {str(one["href"])[1:] for one in READ.all("a")} | {
        str(one[name]) for _, one in READ.elements for name in ("for", "aria-labelledby") if name in one
    }
    assert targets <= set(ids)


def test_nothing_is_fetched_from_anywhere() -> None:
    assert all(str(one["href"]).startswith("#") for one in READ.all("a"))
    assert not [one for _, one in READ.elements if {"src", "style", "srcset", "data", "action"} & set(one)]
    assert not READ.all("link")
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_what_came_over_the_wire_does_nothing() -> None:
    assert HOSTILE not in REPORT
    assert not READ.all("img")
    assert len(READ.all("script")) == 1
    assert "<img src=x onerror=alert(1)>" in "".join(READ.texts["main"])
    assert not [name for _, one in READ.elements for name in one if name.startswith("on")]


@pytest.mark.parametrize("part", ["style", "script"])
def test_the_policy_allows_these_very_parts(part: str) -> None:
    (policy,) = [str(one["content"]) for one in READ.all("meta") if "http-equiv" in one]
    digest = base64.b64encode(hashlib.sha256("".join(READ.texts[part]).encode()).digest()).decode()
    assert f"{part}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")


def test_keys_are_struck_before_anything_is_escaped() -> None:
    register_key("amber-key", "sk-am<b>er&0123456789")
    key = "sk-am<b>er&0123456789"
    one = result(
        Outcome.FAIL, test="test_z[opal]", reason=key, where=Place(Position(key, 1)), exchanges=(exchange(text=key),)
    )
    text = html(Verdict(Level.SHOULD, [one]), FACTS)
    assert "er&amp;0123456789" not in text
    assert "&lt;amber-key&gt;" in text
    assert "at <code>&lt;amber-key&gt;:1</code>" in text


def test_it_says_what_failed_why_and_what_to_change() -> None:
    text = "".join(READ.texts["main"])
    for told in (
        "'/v1' stands twice", "opal.yaml:28:9 spec.path", "write it once", "of the level MAY does not fail this run",
        "Arrived at api.opal.test:443", "2 more exchanges are left out", "boom", "unknown ca", "TLSv1.3, TLSv1.2",
        "agw-conformance run -k 'opal and tls'",
    ):  # fmt: skip
        assert told in text
    assert "It is <code>so</code>." in REPORT
    assert ">1 of 2 providers not conformant</h1>" in REPORT


def test_the_drawing_has_what_differed_in_red_and_in_words() -> None:
    drawing = re.search(r"<svg.*?</svg>", REPORT, re.S)
    assert drawing
    assert drawing[0].count('<g class="bad">') == 1
    assert "≠ POST /v1/v1/chat" in drawing[0]
    assert (
        "gateway to lookalike: POST /v1/v1/chat?a=1&amp;b=, not as expected: target: expected /v1/chat." in drawing[0]
    )


@pytest.mark.parametrize(
    ("results", "problem", "headline", "tone"),
    [
        ([result()], "", "Conformant", "good"),
        ([result(), result(Outcome.FAIL, Level.SHOULD)], "", "Conformant, with failures below MUST", "warn"),
        ([result(), result(Outcome.FAIL, providers=("ruby",))], "", "1 of 2 providers not conformant", "bad"),
        ([result(Outcome.FAIL)], "", "Not conformant", "bad"),
        ([result(level=Level.SHOULD)], "", "No verdict", "warn"),
        ([result(), result(level=Level.MAY, providers=("ruby",))], "", "No verdict for 1 of 2 providers", "warn"),
        ([], "no <cluster>", "No verdict", "bad"),
    ],
)
def test_the_verdict_stands_on_top(results: list, problem: str, headline: str, tone: str) -> None:  # type: ignore[type-arg]
    text = html(Verdict(Level.SHOULD, results), replace(FACTS, problem=problem))
    assert f"<h1>{headline}</h1>" in text
    assert f'<header class="{tone}">' in text
    assert ("no &lt;cluster&gt;" in text) is bool(problem)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("above", "below"),
    [
        *((one, ground) for one in ("text", "soft", "link") for ground in ("page", "card", "code")),
        *((one, ground) for one in ("good", "bad", "warn", "info", "none") for ground in (f"{one}-bg", "card")),
    ],
)
def test_contrast(scheme: int, above: str, below: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    colours = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in CSS.split("@media (prefers", 1)]
    one, other = sorted((luminance(colours[scheme][above]), luminance(colours[scheme][below])), reverse=True)
    assert (one + 0.05) / (other + 0.05) >= 4.5
