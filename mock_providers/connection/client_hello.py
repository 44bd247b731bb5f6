"""Reads a TLS ClientHello from the first bytes of a connection (RFC 8446 section 4.1.2), without consuming them."""

from __future__ import annotations

from conformance.core.startup.records import dataclass

__all__ = ["ClientHello", "Incomplete", "NotAClientHello", "looks_like_tls", "read_client_hello"]

_HANDSHAKE_RECORD = 0x16
_CLIENT_HELLO = 1
_MOST_RECORD = 16_384 + 256
_SERVER_NAME, _ALPN, _SUPPORTED_VERSIONS = 0, 16, 43
_VERSIONS = {0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}

MOST_BYTES = 32_768
"""No real ClientHello is longer, post-quantum key shares included."""


class NotAClientHello(ValueError):
    """The bytes begin like TLS but are no ClientHello."""


class Incomplete(Exception):
    """`needed` bytes, counted from the connection's first, are needed to read on."""

    def __init__(self, needed: int) -> None:
        self.needed = needed
        super().__init__(needed)


@dataclass(frozen=True)
class ClientHello:
    """What a client offers: `sni` None without the extension, `versions` newest first as offered."""

    sni: str | None
    alpn: tuple[str, ...]
    versions: tuple[str, ...]


def looks_like_tls(data: bytes) -> bool:
    """Whether a connection that begins so speaks TLS: no HTTP method begins with byte 0x16."""
    return data[:1] == bytes([_HANDSHAKE_RECORD])


def read_client_hello(data: bytes) -> ClientHello:
    """The ClientHello in these first bytes, also when it is spread over several records.

    Raises Incomplete when more bytes are needed, NotAClientHello when none can follow.
    """
    handshake = b""
    position = 0
    while True:
        if len(data) < position + 5:
            raise Incomplete(position + 5)
        length = int.from_bytes(data[position + 3 : position + 5])
        if data[position] != _HANDSHAKE_RECORD or data[position + 1] != 3 or not 0 < length <= _MOST_RECORD:
            raise NotAClientHello("not a TLS handshake record")
        end = position + 5 + length
        if end > MOST_BYTES:
            raise NotAClientHello("longer than any ClientHello")
        if len(data) < end:
            raise Incomplete(end)
        handshake += data[position + 5 : end]
        position = end
        if handshake[0] != _CLIENT_HELLO:
            raise NotAClientHello(f"handshake message {handshake[0]} instead of a ClientHello")
        if len(handshake) >= 4 and len(handshake) >= (total := 4 + int.from_bytes(handshake[1:4])):
            return _hello(_Reader(handshake[4:total]))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, length: int) -> bytes:
        taken = self._data[self._position : self._position + length]
        if len(taken) < length:
            raise NotAClientHello("the ClientHello ends too early")
        self._position += length
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width))

    def vector(self, width: int) -> _Reader:
        """The contents of a field that is preceded by its length in `width` bytes."""
        return _Reader(self.take(self.number(width)))

    def __bool__(self) -> bool:
        return self._position < len(self._data)

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._position)


def _hello(reader: _Reader) -> ClientHello:
    legacy = reader.number(2)
    reader.take(32)  # random
    reader.vector(1)  # session id
    reader.vector(2)  # cipher suites
    reader.vector(1)  # compression methods
    sni: str | None = None
    alpn: tuple[str, ...] = ()
    versions: tuple[int, ...] = (legacy,)
    extensions = reader.vector(2) if reader else reader
    while extensions:
        kind = extensions.number(2)
        body = extensions.vector(2)
        if kind == _SERVER_NAME:
            sni = _server_name(body)
        elif kind == _ALPN:
            alpn = _protocols(body.vector(2))
        elif kind == _SUPPORTED_VERSIONS:
            versions = _numbers(body.vector(1))
    # Values we do not know are GREASE (RFC 8701): there to be ignored.
    return ClientHello(sni, alpn, tuple(_VERSIONS[version] for version in versions if version in _VERSIONS))


def _server_name(body: _Reader) -> str | None:
    names = body.vector(2)
    while names:
        kind, name = names.number(1), names.vector(2).rest()
        if kind == 0:
            return name.decode("ascii", "backslashreplace")
    return None


def _protocols(body: _Reader) -> tuple[str, ...]:
    found = []
    while body:
        found.append(body.vector(1).rest().decode("ascii", "backslashreplace"))
    return tuple(found)


def _numbers(body: _Reader) -> tuple[int, ...]:
    found = []
    while body:
        found.append(body.number(2))
    return tuple(found)
