"""Sockets of ports: to listen on, or to hold so that nobody else does."""

from __future__ import annotations

import errno
import socket

from conformance.core.host import host_problem
from conformance.core.problems import SetupProblem

__all__ = ["bound", "listens", "new_socket"]

_BACKLOG = 1024


def new_socket(address: str, port: int, *, reuse: bool) -> socket.socket:
    """A socket that is bound to an address, and does not listen. Raises OSError."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if reuse:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock


def listens(sock: socket.socket) -> bool:
    """Let a bound socket listen; false when somebody else does on its port."""
    try:
        sock.listen(_BACKLOG)
    except OSError:
        return False
    return True


def bound(address: str, port: int, *, listening: bool) -> socket.socket:
    """A socket on the port; one that is not to listen still holds the port, so that every dial is refused."""
    try:
        sock = new_socket(address, port, reuse=listening)
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL and (ours := host_problem(error)) is not None:
            raise ours from error
        where = f"{address}:{port}"
        if error.errno == errno.EADDRINUSE:
            raise SetupProblem(f"{where} is in use", remedy="choose another port, or end who has it") from error
        if error.errno == errno.EACCES:
            raise SetupProblem(f"{where} may not be bound", remedy="choose a port above 1023") from error
        raise SetupProblem(f"{where} cannot be bound: {error.strerror}", remedy="check the address") from error
    if listening and not listens(sock):
        sock.close()
        raise SetupProblem(f"{address}:{port} is in use", remedy="choose another port")
    return sock
