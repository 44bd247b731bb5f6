"""What reads input from others, each as a function of bytes: it may refuse them in its own way, and do nothing else."""

from __future__ import annotations

import contextlib
import gzip
import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.certification.certification import sheet_of
from conformance.certification.checks import check
from conformance.certification.config.reading import read_config
from conformance.core.problems import InputProblem
from conformance.core.providers.reading import read_provider
from conformance.exchange.decoding import Decoding
from conformance.exchange.messages import Chunk, ClientResponse
from conformance.manifests.input.reading import read_input
from conformance.pages.reading import read_pages
from conformance.pages.shell.curl import parse_curl
from conformance.pages.shell.words import NotCarriedOut
from conformance.report.kept.reading import kept_verdict, read_report
from conformance.targets.reference.gateway.config import LlmProvider
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import ProxyError
from mock_providers.connection.client_hello import Incomplete, NotAClientHello, read_client_hello
from mock_providers.connection.plaintext import PlaintextReader
from mock_providers.journal import Journal
from tests.certification.config.test_reading import WHOLE
from tests.support.lookalikes import client_hello
from tests.support.paths import ROOT

__all__ = ["READERS", "Reader"]

_PROVIDER = LlmProvider("default/a/a", "api.example", 443, model="m")
_GIVEN = Path("given.yaml")
"""Where readers of files find their input: in the folder that this process works in."""


@dataclass(frozen=True)
class Reader:
    """`read` raises one of `refuses` for what it does not take; `seeds` are inputs to begin with."""

    read: Callable[[bytes], object]
    refuses: tuple[type[BaseException], ...]
    seeds: Callable[[], Iterable[bytes]]


def _text(read: Callable[[str, str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"), str(_GIVEN))


def _manifests(data: bytes) -> None:
    _GIVEN.write_bytes(data)
    given = read_input([str(_GIVEN)], environment={}, assume=True)
    for version in ("0.10.5", "1.4.1"):
        list(check(sheet_of(given, version)))


def _report(data: bytes) -> None:
    _GIVEN.write_bytes(data)
    kept_verdict(read_report(_GIVEN), _GIVEN)


def _page(data: bytes) -> None:
    read_pages(data.decode("utf-8", "replace"), "page.md")


def _curl(data: bytes) -> None:
    parse_curl(data.decode("utf-8", "replace").split("\0"))


def _http(data: bytes) -> None:
    """A request in plaintext, in two pieces; and the same bytes as the body of a request and of an answer."""
    journal = Journal()
    seen = journal.enter_connection("api.example", 443, "127.0.0.1:1")
    reader = PlaintextReader(seen, journal, "authorization")
    for piece in (data[: len(data) // 2], data[len(data) // 2 :]):
        if not reader.complete:
            reader.feed(piece)
    reader.finish()
    head, _, body = data.partition(b"\r\n\r\n")
    coding = (("content-encoding", "gzip"),) if data[:1] > b"\x7f" else ()
    response = ClientResponse(200, body=body, chunks=[Chunk(body, upstream_open=True)])
    response.events()
    repr(response)
    for step in (
        lambda: Decoding([head.decode("latin-1")[:20], "gzip"]).decode(body),
        lambda: completions.edit_any(completions.parse(completions.decode(body, coding)), _PROVIDER),
        lambda: completions.check_answer(body, coding),
    ):
        with contextlib.suppress(ProxyError, zlib.error):
            step()


def _files(*patterns: str) -> Callable[[], Iterator[bytes]]:
    """What files of this repository hold, the smaller first."""

    def contents() -> Iterator[bytes]:
        files = [file for pattern in patterns for file in ROOT.glob(pattern) if file.is_file()]
        for file in sorted(files, key=lambda one: (one.stat().st_size, one)):
            yield file.read_bytes()

    return contents


def _curls() -> Iterator[bytes]:
    for arguments in (
        ["-s", "https://localhost:8080/mistral", "-H", "content-type: application/json", "-d", "{}"],
        ["-X", "POST", "--data-raw", "@x", "--url", "http://[::1]:80/a?b=c", "-u", "a:b", "-k", "--max-time", "5"],
        ["-vso", "/dev/null", "--json", "{}", "--resolve", "a:1:127.0.0.1", "-G", "--compressed", "http://a"],
    ):
        yield "\0".join(arguments).encode()


def _messages() -> Iterator[bytes]:
    body = b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": true}'
    yield b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 79\r\n\r\n" + body
    yield b"\x80\r\n\r\n" + gzip.compress(body)
    yield b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{}{}\r\n0\r\na: b\r\n\r\n"
    yield b'GET / HTTP/1.0\r\n\r\ndata: {"id": 1}\n\ndata: [DONE]\n\n'


def _hellos() -> Iterator[bytes]:
    for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        yield client_hello(alpn=("h2", "http/1.1"), newest=newest)


_UNUSUAL = ("tests/corpus/unusual/*/*.yaml", "fixtures/manifests/*/*.yaml")

READERS = {
    "manifests": Reader(_manifests, (InputProblem,), _files("tests/corpus/broken/*/[!e]*.yaml", *_UNUSUAL)),
    "hello": Reader(read_client_hello, (NotAClientHello, Incomplete), _hellos),
    "page": Reader(_page, (InputProblem,), _files("fixtures/pages/*", "tests/corpus/pages/*", "docs/*/*.md")),
    "curl": Reader(_curl, (NotCarriedOut,), _curls),
    "http": Reader(_http, (), _messages),
    "provider": Reader(_text(read_provider), (InputProblem,), _files("fixtures/providers/*.yaml")),
    "config": Reader(_text(read_config), (InputProblem,), lambda: [WHOLE.encode()]),
    "report": Reader(_report, (InputProblem,), _files("reports/*/report.yaml")),
}
