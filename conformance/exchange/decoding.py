"""What an answer's Content-Encoding did to its body, undone piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

__all__ = ["Decoding"]

_EITHER = zlib.MAX_WBITS | 32  # the header tells gzip and deflate apart


class Decoding:
    """Undoes these codings, in the order in which they were done; what it does not know it leaves as it is."""

    def __init__(self, codings: Iterable[str]) -> None:
        named = [name.strip().lower() for one in codings for name in one.split(",")]
        self._steps = [zlib.decompressobj(_EITHER) for name in reversed(named) if name in {"gzip", "deflate"}]

    def decode(self, piece: bytes) -> bytes:
        """What can be read by now. Raises zlib.error when it is something else."""
        for step in self._steps:
            piece = step.decompress(piece)
        return piece
