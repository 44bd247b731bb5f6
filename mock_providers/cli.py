"""`python -m mock_providers`: one lookalike alone, for a person with curl or another gateway; or `control`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import get_args

from conformance.core.problems import ExitCode, InputProblem, SetupProblem
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import list_providers, load_provider
from conformance.core.redaction import redact
from mock_providers.behaviour import Identity
from mock_providers.journal import ConnectionSeen, RequestSeen
from mock_providers.lookalikes import Attachment, Listener, Lookalikes
from mock_providers.remote.command_line import control_options, port_number, secret_in, serve_control, until_signal

__all__ = ["main"]

_MOST_ENTRIES = 1000
_OTHERWISE = "All lookalikes of a run, under remote control, as in a pod: python -m mock_providers control --help"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one lookalike until SIGTERM (exit code 0) or Ctrl-C (130); 2 is bad input, 3 a port that cannot be had.

    After the word `control` it is all lookalikes of a run, told by another process what to be.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given[:1] == ["control"]:
            return asyncio.run(serve_control(control_options(given[1:])))
        options = _parser().parse_args(given)
        provider = load_provider(options.provider)
        keys = frozenset({secret_in(options.key_env)}) if options.key_env else frozenset[str]()
        return asyncio.run(_serve(provider, keys, options))
    except (InputProblem, ValueError) as problem:
        print(f"error: {redact(str(problem))}", file=sys.stderr)
        return ExitCode.BAD_INPUT
    except SetupProblem as problem:
        print(f"error: {redact(str(problem))}", file=sys.stderr)
        return ExitCode.SETUP_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mock_providers", description="Run one provider's lookalike.", epilog=_OTHERWISE
    )
    parser.add_argument(
        "--provider", required=True, metavar="NAME", help=f"{', '.join(list_providers())}, or a provider file"
    )
    parser.add_argument(
        "--port", type=port_number, default=8443, help="port to listen on; 0 takes a free one (%(default)s)"
    )
    parser.add_argument("--bind", default="127.0.0.1", metavar="IP", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--identity", choices=get_args(Identity), default="good", help="the certificate to show (%(default)s)"
    )
    parser.add_argument("--key-env", metavar="VAR", help="accept only the API key in this environment variable")
    return parser


async def _serve(provider: Provider, keys: frozenset[str], options: argparse.Namespace) -> int:
    ended = until_signal()
    lookalikes = Lookalikes(bind=options.bind)
    await lookalikes.start()
    try:
        attachment = Attachment(
            provider.host, provider.port, provider, identity=options.identity, keys=keys, bind_port=options.port
        )
        listener = await lookalikes.attach(attachment)
        with _trust_file(lookalikes.authority.pem) as trust:
            lookalikes.journal.watch(_logger(lookalikes))
            print(_introduction(listener, trust, options.key_env), flush=True)
            return await ended
    finally:
        await lookalikes.stop()


@contextlib.contextmanager
def _trust_file(pem: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lookalike-") as folder:
        file = Path(folder, "ca.pem")
        file.write_bytes(pem)
        yield file


def _introduction(listener: Listener, trust: Path, variable: str | None) -> str:
    provider, (address, port) = listener.attachment.provider, listener.address
    tls = listener.attachment.identity != "plaintext"
    url = f"{'https' if tls else 'http'}://{provider.host}:{port}{provider.path}"
    key = f"${variable}" if variable else "any-key"
    credential = f"{provider.auth_header}: {provider.auth_scheme} {key}".replace("  ", " ")
    body = {"model": provider.models[0], "messages": [{"role": "user", "content": "Hello"}]}
    curl = ["curl"]
    if tls:
        curl.append(f"--cacert {trust}")
    at = f"[{address}]" if ":" in address else address
    curl.append(f"--resolve {provider.host}:{port}:{at} --noproxy '*'")
    curl.append(f'-H "{credential}" -H "content-type: application/json"')
    curl.append(f"-d '{json.dumps(body)}'")
    curl.append(url)
    lines = [f"{provider.title} lookalike on {at}:{port}, certificate: {listener.attachment.identity}", f"URL: {url}"]
    if tls:
        lines.append(f"CA file, removed on exit: {trust}")
    return "\n".join([*lines, "", "  " + " ".join(curl), ""])


def _logger(lookalikes: Lookalikes) -> Callable[[ConnectionSeen | RequestSeen], None]:
    """Prints a line for each request that ended and each connection that came to nothing."""

    def log(entry: ConnectionSeen | RequestSeen) -> None:
        line = _request_line(entry) if isinstance(entry, RequestSeen) else _connection_line(entry)
        if line:
            print(redact(line), flush=True)
            journal = lookalikes.journal
            if len(journal.requests) + len(journal.connections) > _MOST_ENTRIES:
                journal.clear()  # nobody reads it here

    return log


def _request_line(seen: RequestSeen) -> str | None:
    if seen.outcome == "open":
        return None
    path, question, _ = seen.target.partition("?")
    query = "?..." if question else ""  # some clients put their key there
    ended = seen.status if seen.outcome == "answered" else seen.outcome
    return f"{ended} {seen.method} {path!r}{query} {len(seen.body)} bytes from {seen.connection.peer}"


def _connection_line(seen: ConnectionSeen) -> str | None:
    if not seen.closed:
        return None
    if seen.tls is not None and seen.tls.failure:
        return f"TLS failed: {seen.tls.failure} (SNI {seen.tls.sni!r}) from {seen.peer}"
    return f"{seen.kind} connection from {seen.peer}" if seen.kind == "plaintext-on-tls-port" else None
