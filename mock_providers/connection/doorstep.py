"""One listening socket for all lookalikes that are dialled from within this process."""

from __future__ import annotations

import contextlib
import socket

__all__ = ["Doorstep"]

_SECONDS = 5.0
"""For a connection on loopback, which the kernel makes at once."""


class Doorstep:
    """Makes connections whose two ends are both in this process: a port for each lookalike would be hundreds."""

    def __init__(self, bind: str) -> None:
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        # With the protocol named, asyncio sets TCP_NODELAY on both ends.
        self._listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        with contextlib.ExitStack() as failing:
            failing.callback(self._listening.close)
            self._listening.bind((bind, 0))
            self._listening.listen()
            self._listening.settimeout(_SECONDS)
            failing.pop_all()
        self.address: tuple[str, int] = self._listening.getsockname()[:2]

    def connect(self) -> tuple[socket.socket, socket.socket]:
        """The client's and the server's end of a new connection. Raises OSError when there can be none."""
        client = socket.socket(self._listening.family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            client.settimeout(_SECONDS)
            client.connect(self.address)
            while True:
                served, peer = self._listening.accept()
                if peer == client.getsockname():
                    break
                served.close()  # somebody else's, or what an earlier attempt has left
        except BaseException:
            client.close()
            raise
        client.setblocking(False)
        served.setblocking(False)
        return client, served

    def close(self) -> None:
        """Close the port."""
        self._listening.close()
