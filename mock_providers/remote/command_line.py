"""`python -m mock_providers control`: all lookalikes of a run, for a pod, told over HTTP what to be."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.core.problems import ExitCode, InputProblem
from conformance.core.redaction import Key
from mock_providers.identities import Authority
from mock_providers.remote.server import Control

__all__ = ["control_options", "port_number", "secret_in", "serve_control", "until_signal"]

CONTROL_PORT = 9000


def control_options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options after the word `control`."""
    parser = argparse.ArgumentParser(
        prog="python -m mock_providers control",
        description="Run all lookalikes of a run, and a name server for their hosts, as they are told over HTTP.",
    )
    token = parser.add_mutually_exclusive_group(required=True)
    token.add_argument("--token-env", metavar="VAR", help="the bearer token is in this environment variable")
    token.add_argument("--token-file", metavar="FILE", type=Path, help="the bearer token is in this file")
    parser.add_argument(
        "--bind", default="127.0.0.1", metavar="IP", help="where lookalikes and name server listen (%(default)s)"
    )
    parser.add_argument(
        "--control-bind", default="127.0.0.1", metavar="IP", help="where the control listens (%(default)s)"
    )
    parser.add_argument(
        "--control-port", type=port_number, default=CONTROL_PORT, help="0 takes a free one (%(default)s)"
    )
    parser.add_argument("--dns-port", type=port_number, default=0, help="of the name server; 0 takes a free one (0)")
    parser.add_argument(
        "--authority-file", metavar="FILE", type=Path, help="a kept authority; without it a new one is made"
    )
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    """A port, or 0. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 65535")
    return int(text)


def secret_in(variable: str) -> str:
    """The secret in an environment variable. Raises InputProblem when there is none."""
    if not (secret := os.environ.get(variable, "").strip()):
        raise InputProblem(f"the environment variable {variable} is empty", remedy=f"export {variable}=... first")
    return secret


def _text_of(file: Path, what: str) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputProblem(f"{what} cannot be read: {error}", remedy="check the path and its permissions") from error
    if not text:
        raise InputProblem(f"{what} is empty: {file}", remedy="write it there first")
    return text


def _authority(file: Path | None) -> Authority | None:
    if file is None:
        return None
    stored = _text_of(file, "the authority")
    try:
        return Authority.restore(stored)
    except ValueError as problem:
        raise InputProblem(f"{file}: {problem}", remedy="store it with Authority.store()") from problem


def until_signal() -> asyncio.Future[int]:
    """Done at SIGTERM (exit code 0) or Ctrl-C (130)."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def end(code: ExitCode) -> None:
        if not ended.done():
            ended.set_result(code)

    loop.add_signal_handler(signal.SIGINT, end, ExitCode.INTERRUPTED)
    loop.add_signal_handler(signal.SIGTERM, end, ExitCode.CONFORMANT)
    return ended


async def serve_control(options: argparse.Namespace) -> int:
    """Run until a signal, or until told to shut down; returns the exit code. Raises InputProblem, SetupProblem."""
    secret = secret_in(options.token_env) if options.token_env else _text_of(options.token_file, "the token")
    ended = until_signal()
    control = Control(
        Key("control-token", secret),
        bind=options.control_bind,
        port=options.control_port,
        lookalikes_at=options.bind,
        dns_port=options.dns_port,
        authority=_authority(options.authority_file),
    )
    await control.start()
    told = asyncio.ensure_future(control.ended.wait())
    try:
        print(f"control on {_at(control.address)}, name server on {_at(control.names.address)}", flush=True)
        ends: set[asyncio.Future[Any]] = {ended, told}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        return ended.result() if ended.done() else ExitCode.CONFORMANT
    finally:
        told.cancel()
        await control.stop()


def _at(address: tuple[str, int]) -> str:
    ip, port = address
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
