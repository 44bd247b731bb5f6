"""Lookalikes that run elsewhere, in a pod for instance, behind the same interface as those in this process."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpx

from conformance.core.problems import SetupProblem
from conformance.core.redaction import Key
from mock_providers.behaviour import Behaviour
from mock_providers.journal import Entries
from mock_providers.lookalikes import Attachment
from mock_providers.remote.changes import ALL
from mock_providers.remote.commands import PROTOCOL
from mock_providers.remote.server import LONGEST_WAIT
from mock_providers.remote.wire import Malformed, encoded, entries_from

__all__ = ["RemoteLookalikes"]

ANSWER_DEADLINE = 30.0
"""Seconds for the control to answer a command: milliseconds of work, and a port-forward on a busy machine."""

_REMEDY = "is its pod still running, and its port-forward? Start the run again"


class RemoteLookalikes:
    """NamedLookalikes that are run by `python -m mock_providers control` at `url`."""

    def __init__(self, url: str, token: Key) -> None:
        self.url = url.rstrip("/")
        self.trusted_ca = self.other_ca = ""
        self.name_server: tuple[str, int] = ("", 0)
        self._token = token
        self._client: httpx.AsyncClient | None = None

    def __repr__(self) -> str:
        return f"<RemoteLookalikes {self.url}>"

    async def start(self) -> None:
        """Connect, and take away what another run may have left there. Raises SetupProblem."""
        # The environment's proxy leads away from loopback, and would get the token and all keys.
        self._client = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self._token.reveal()}"},
            timeout=ANSWER_DEADLINE,
            trust_env=False,
            # Nothing here is TLS, and to read the system's roots takes longer than all the rest.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )
        try:
            about = await self._ask("GET", "/about")
            if about.get("protocol") != PROTOCOL:
                remedy = "build its image from this version of the suite"
                raise SetupProblem(f"the lookalikes at {self.url} are of another version", remedy=remedy)
            self.trusted_ca, self.other_ca = about["trusted_ca"], about["other_ca"]
            ip, port = about["name_server"]
            self.name_server = ip, port
            await self._ask("POST", "/reset", {})
        except BaseException:
            await self._close()
            raise

    async def stop(self) -> None:
        """Take all lookalikes away and disconnect; harmless when repeated. What runs them goes on."""
        if self._client is not None:
            try:
                await self._ask("POST", "/reset", {})
            finally:
                await self._close()

    async def shut_down(self) -> None:
        """End what runs the lookalikes, and disconnect."""
        try:
            await self._ask("POST", "/shutdown", {})
        finally:
            await self._close()

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def attach(self, attachments: Iterable[Attachment]) -> list[tuple[str, int]]:
        """Put up lookalikes, as LookalikeHost says."""
        answer = await self._ask("POST", "/attach", {"attachments": [encoded(one) for one in attachments]})
        return [(ip, port) for ip, port in answer["addresses"]]

    async def detach(self, host: str, port: int) -> None:
        """Let a host and port refuse connections from now on."""
        await self._ask("POST", "/detach", {"host": host, "port": port})

    async def plan(self, correlation_id: str, behaviour: Behaviour) -> None:
        """How the request with this id is answered."""
        await self._ask("POST", "/plan", {"correlation_id": correlation_id, "behaviour": encoded(behaviour)})

    async def release(self, correlation_id: str) -> None:
        """Let a stream that is held back go on."""
        await self._ask("POST", "/release", {"correlation_id": correlation_id})

    async def answer_names(self, hosts: Mapping[str, str]) -> None:
        """Let the name server there answer for these hosts (to IPv4), and no others. Raises ValueError."""
        await self._ask("POST", "/names", {"hosts": dict(hosts)})

    async def mark(self) -> int:
        """The journal's present end."""
        return int((await self._ask("GET", "/mark"))["mark"])

    async def since(self, mark: int) -> Entries:
        """What was seen since a mark, as it is now."""
        seen = _Seen(mark)
        seen.add(await self._changes(mark, ALL, 0))
        return seen.entries()

    async def until(self, mark: int, done: Callable[[Entries], bool], deadline: float) -> bool:
        """Wait until what was seen since a mark is as wanted; False when it was not within `deadline` seconds."""
        clock = asyncio.get_running_loop().time
        end, seen, wait = clock() + deadline, _Seen(mark), 0.0
        while True:
            seen.add(await self._changes(mark, seen.version, wait))
            if done(seen.entries()):
                return True
            if (wait := min(end - clock(), LONGEST_WAIT)) <= 0:
                return False

    async def _changes(self, mark: int, after: int, wait: float) -> Any:
        query = {"mark": mark, "after": after, "wait": wait}
        return await self._ask("GET", "/journal", query=query, patience=ANSWER_DEADLINE + wait)

    async def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, float] | None = None,
        patience: float = ANSWER_DEADLINE,
    ) -> Any:
        if self._client is None:
            raise SetupProblem(f"there is no connection to the lookalikes at {self.url}", remedy=_REMEDY)
        content = None if body is None else json.dumps(body).encode()
        try:
            response = await self._client.request(method, path, content=content, params=query, timeout=patience)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise SetupProblem(f"the lookalikes at {self.url} do not answer: {reason}", remedy=_REMEDY) from error
        return self._understood(response)

    def _understood(self, response: httpx.Response) -> Any:
        """What was answered. Raises what the other side raised: SetupProblem, ValueError."""
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.status_code == 200 and isinstance(answer, dict):
            return answer
        error, remedy = (answer.get("error"), answer.get("remedy")) if isinstance(answer, dict) else (None, None)
        if response.status_code == 409 and error:
            raise SetupProblem(error, remedy=remedy)
        if response.status_code == 422 and error:
            raise ValueError(error)
        if response.status_code == 401:
            remedy = "give the token that they were started with"
            raise SetupProblem(f"the lookalikes at {self.url} refuse the token", remedy=remedy)
        said = f"{response.status_code}: {error or 'no JSON'}"
        remedy = "is the address right, and are they of this version? their image is built from this repository"
        raise SetupProblem(f"what answers at {self.url} is not as expected ({said})", remedy=remedy)


class _Seen:
    """What is known of a journal since a mark, as answers about its changes come in."""

    def __init__(self, mark: int) -> None:
        self.version = ALL
        self._mark = mark
        self._connections: dict[int, Any] = {}
        self._requests: dict[int, Any] = {}

    def add(self, changes: Any) -> None:
        """Take in an answer; later ones replace earlier ones entry by entry."""
        self.version = changes["version"]
        self._connections.update((one["sequence"], one) for one in changes["connections"])
        self._requests.update((one["sequence"], one) for one in changes["requests"])

    def entries(self) -> Entries:
        """The entries as they are known now. Raises SetupProblem."""
        try:
            return entries_from(self._connections.values(), self._requests.values(), self._mark)
        except Malformed as problem:
            remedy = "run the same version of the suite on both sides"
            raise SetupProblem(f"the lookalikes' journal cannot be read: {problem}", remedy=remedy) from problem
