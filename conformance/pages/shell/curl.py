"""Reads a curl command line into the request that curl would send, without curl."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from conformance.core.startup.records import dataclass
from conformance.pages.shell.words import NotCarriedOut

__all__ = ["CurlRequest", "Url", "parse_curl", "parse_url"]

USER_AGENT = "curl/8"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

_SHORT: Mapping[str, str] = MappingProxyType({
    "A": "user-agent", "G": "get", "H": "header", "I": "head", "L": "location", "N": "no-buffer", "S": "show-error",
    "X": "request", "d": "data", "f": "fail", "g": "globoff", "i": "include", "k": "insecure", "m": "max-time",
    "o": "output", "s": "silent", "u": "user", "v": "verbose", "w": "write-out",
})  # fmt: skip
# Options that change nothing about the first request: noted for the report, so that nothing is silently dropped.
_NOTED_FLAGS = frozenset(
    {"fail", "fail-with-body", "globoff", "include", "insecure", "location", "no-buffer", "no-progress-meter",
     "show-error", "silent", "verbose", "http1.1"}
)  # fmt: skip
_NOTED_VALUES = frozenset(
    {"connect-timeout", "connect-to", "max-time", "output", "resolve", "retry", "retry-delay", "write-out"}
)
_URL = re.compile(r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<authority>[^/?#]*)(?P<target>[^#]*)")
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5})?)?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL that a request needs; `target` is path and query as they go on the request line."""

    scheme: str
    host: str
    port: int
    target: str
    credentials: str = field(default="", repr=False)

    @property
    def authority(self) -> str:
        """What curl puts into the Host header: the port only when it is not the scheme's own."""
        own = {"http": 80, "https": 443}[self.scheme]
        return self.host if self.port == own else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class CurlRequest:
    """What a curl command asks for.

    `headers` are the `-H` ones as written and in order, then what `--json` adds; `removed` the names that `-H 'Name:'`
    takes away (lower case); `noted` the options that do not change the request, with their values.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    removed: frozenset[str] = frozenset()
    body: bytes | None = field(default=None, repr=False)
    user_agent: str = USER_AGENT
    content_type: str = ""
    user: str = field(default="", repr=False)
    noted: tuple[tuple[str, str], ...] = ()

    @property
    def insecure(self) -> bool:
        """Whether `-k` was given: the server's certificate is not to be verified."""
        return ("insecure", "") in self.noted

    def parts(self) -> Url:
        """The URL's parts. Raises NotCarriedOut for a URL that curl or this suite cannot request."""
        return parse_url(self.url, globbing=("globoff", "") not in self.noted)

    def wire_headers(self) -> list[tuple[str, str]]:
        """All header fields in curl's own order, but for Content-Length, which belongs to whoever sends the body.

        Raises NotCarriedOut as `parts` does.
        """
        url = self.parts()
        user = self.user or url.credentials
        basic = "Basic " + base64.b64encode(user.encode()).decode() if user else ""
        own = (("Authorization", basic), ("User-Agent", self.user_agent), ("Accept", "*/*"))
        replaced = {name.lower() for name, _ in self.headers} | self.removed
        host = [pair for pair in self.headers if pair[0].lower() == "host"]
        if not host and "host" not in replaced:
            host = [("Host", url.authority)]
        fields = host + [(name, value) for name, value in own if value and name.lower() not in replaced]
        fields += [pair for pair in self.headers if pair[0].lower() != "host"]
        if self.content_type and "content-type" not in replaced:
            fields.append(("Content-Type", self.content_type))
        return fields


def parse_url(url: str, *, globbing: bool = True) -> Url:
    """A URL as curl reads it; without a scheme it is http. Raises NotCarriedOut with the reason for one not usable."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise NotCarriedOut("the URL has a space or a character outside ASCII")
    found = _URL.match(url)
    assert found  # every part may be empty
    scheme = (found["scheme"] or "http").lower()
    if scheme not in ("http", "https") or (not found["scheme"] and re.match(r"(ftp|dict|ldap|imap|smtp|pop3)\.", url)):
        raise NotCarriedOut("the URL is neither http nor https")
    credentials, _, host_and_port = found["authority"].rpartition("@")
    host = _HOST.fullmatch(host_and_port)
    if not host:
        raise NotCarriedOut("the URL's host or port cannot be read")
    port = int(host["port"] or (443 if scheme == "https" else 80))
    if not 1 <= port <= 65535:
        raise NotCarriedOut("the URL's port is not between 1 and 65535")
    target = found["target"]
    if globbing and re.search(r"[\[\]{}]", target + host["host"].strip("[]")):
        raise NotCarriedOut("the URL has brackets or braces, which curl takes for a set of URLs unless -g is given")
    if re.search(r"/\.{1,2}(/|$)", target.partition("?")[0]):
        raise NotCarriedOut("the URL's path has dot segments")
    return Url(scheme, host["host"], port, target if target.startswith("/") else f"/{target}", credentials)


def parse_curl(arguments: Sequence[str]) -> CurlRequest:
    """The request of `curl ARGUMENTS`. Raises NotCarriedOut, naming the option, for what is not supported."""
    return _Reader(list(arguments)).request()


class _Reader:
    """Takes curl's options one by one, as curl does: the last of a kind wins, data adds up."""

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.urls: list[str] = []
        self.headers: list[tuple[str, str]] = []
        self.removed: set[str] = set()
        self.data: str | None = None
        self.single: dict[str, str] = {}
        self.flags: set[str] = set()
        self.noted: list[tuple[str, str]] = []
        self.taking: dict[str, Callable[[str, str], None]] = {
            "header": self._header, "url": lambda _, value: self.urls.append(value),
            **dict.fromkeys(("data", "data-ascii", "data-binary", "data-raw", "json"), self._data),
            **dict.fromkeys(("request", "user", "user-agent"), self.single.__setitem__),
            **dict.fromkeys(_NOTED_VALUES, lambda name, value: self.noted.append((name, value))),
        }  # fmt: skip

    def request(self) -> CurlRequest:
        while self.arguments:
            argument = self.arguments.pop(0)
            if argument == "--":
                self.urls += self.arguments
                break
            if argument.startswith("--"):
                self._option(argument[2:], argument, None)
            elif argument.startswith("-") and argument != "-":
                self._short(argument[1:])
            else:
                self.urls.append(argument)
        if len(self.urls) != 1:
            raise NotCarriedOut(f"curl is given {len(self.urls) or 'no'} URL{'s'[: len(self.urls) != 1]}, expected one")
        return self._built()

    def _short(self, letters: str) -> None:
        """Short options may stand together, and the value may follow its letter: `-sSXPOST`."""
        while letters:
            letter, letters = letters[0], letters[1:]
            name = _SHORT.get(letter, "")
            if name in self.taking:
                self._option(name, f"-{letter}", letters or None)
                return
            self._option(name, f"-{letter}", None)

    def _option(self, name: str, written: str, value: str | None) -> None:
        if take := self.taking.get(name):
            if value is None and not self.arguments:
                raise NotCarriedOut(f"the curl option {written} lacks its value")
            take(name, self.arguments.pop(0) if value is None else value)
        elif name in _NOTED_FLAGS:
            self.noted.append((name, ""))
        elif name in ("get", "head"):
            self.flags.add(name)
        else:
            raise NotCarriedOut(f"the curl option {written} is not supported")

    def _header(self, _: str, text: str) -> None:
        if text.startswith("@"):
            raise NotCarriedOut("curl's -H would read headers from a file, and files are never read")
        name, colon, value = text.partition(":")
        empty = not colon and text.endswith(";")
        name = text[:-1] if empty else name
        if not (colon or empty) or not _TOKEN.fullmatch(name) or re.search(r"[\r\n]", value):
            raise NotCarriedOut("a value of curl's -H is not a header field")
        if colon and not value.strip():
            self.removed.add(name.lower())
        else:
            self.headers.append((name, value.strip()))

    def _data(self, option: str, text: str) -> None:
        if text.startswith("@") and option != "data-raw":
            raise NotCarriedOut(f"curl's --{option} would read a file, and files are never read")
        joint = "" if option == "json" else "&"
        self.data = text if self.data is None else f"{self.data}{joint}{text}"
        if option == "json":
            self.flags.add("json")

    def _built(self) -> CurlRequest:
        url, body = self.urls[0], self.data
        if "get" in self.flags and body is not None:
            address, hash_, fragment = url.partition("#")
            url = f"{address}{'&' if '?' in address else '?'}{body}{hash_}{fragment}"
            body = None
        if "head" in self.flags and body is not None:
            raise NotCarriedOut("curl refuses -I together with data")
        user = self.single.get("user", "")
        if user and ":" not in user:
            raise NotCarriedOut("curl's -u without a password would ask for one")
        if "json" in self.flags:
            # As curl does: at the end, unless the command line names the field itself.
            named = {name.lower() for name, _ in self.headers} | self.removed
            self.headers += [(name, JSON) for name in ("Content-Type", "Accept") if name.lower() not in named]
        method = "HEAD" if "head" in self.flags else "GET" if body is None else "POST"
        method = self.single.get("request", method)
        if not _TOKEN.fullmatch(method):
            raise NotCarriedOut("the value of curl's -X is not a method")
        return CurlRequest(
            method=method,
            url=url,
            headers=tuple(self.headers),
            removed=frozenset(self.removed),
            body=None if body is None else body.encode(),
            user_agent=self.single.get("user-agent", USER_AGENT),
            content_type="" if body is None else FORM,
            user=user,
            noted=tuple(self.noted),
        )
