"""What the node dials, by the very scripts that run there: until lookalikes listen or refuse, and DNS knows names."""

from __future__ import annotations

import asyncio
import socket

import pytest

from conformance.targets.clustered.network import Dialled
from conformance.targets.kind.dialling import command_for_names, command_for_places
from mock_providers.dns import NameServer, read_table


async def bash(script: str, text: str) -> tuple[int, str]:
    """Exit code and standard error of a script."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", script),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(process.communicate(text.encode()), 60)
    return process.returncode or 0, err.decode()


@pytest.mark.parametrize(
    ("listens", "reach", "good"),
    [(True, "listening", True), (False, "refused", True), (True, "refused", False), (False, "listening", False)],
)
async def test_a_place_is_reached_as_it_should_be(listens: bool, reach: str, good: bool) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        if listens:
            one.listen()
        port = one.getsockname()[1]
        script, text = command_for_places([Dialled("127.0.0.1", port, reach)])
        code, said = await bash(script.replace("200", "3"), text)
    assert (code == 0) is good
    assert said == ("" if good else f"127.0.0.1:{port} does not answer\n")


@pytest.mark.parametrize(("name", "known"), [("api.mistral.ai", True), ("api.nobody.example", False)])
async def test_cluster_dns_knows_the_names(name: str, known: bool) -> None:
    server = NameServer()
    server.table = read_table({"api.mistral.ai": "10.96.0.7"})
    await server.start()
    script, text = command_for_names([name], *server.address)
    code, said = await bash(script.replace("200", "9"), text)
    await server.stop()
    assert (code, said) == ((0, "") if known else (1, f"cluster DNS at 127.0.0.1 does not know {name}\n"))


async def test_no_name_server_is_none() -> None:
    script, text = command_for_names(["api.mistral.ai"], "127.0.0.1", 1)
    code, said = await bash(script.replace("200", "2"), text)
    assert (code, said) == (1, "cluster DNS at 127.0.0.1 does not know api.mistral.ai\n")
