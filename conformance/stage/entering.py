"""How a stage's requests come to the Backend: by which match, listener and host, and with what they must have."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.core.providers.provider import Provider
from conformance.exchange.fitting import Fitting
from conformance.exchange.messages import ClientRequest, Headers
from conformance.exchange.oracle.endpoints import chat_suffix, routes_of
from conformance.exchange.oracle.matching import best_rule
from conformance.exchange.oracle.sharing import in_vain, share_of
from conformance.exchange.ways import MOST_SPLIT, Way, fitting_for, is_rare, leads_by, ways_of
from conformance.manifests.dialects.model import Route
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.scene import Scene
from conformance.stage.case import NotApplicable
from conformance.stage.objects import StageObjects
from conformance.stage.requests import needed_headers, target_of
from conformance.stage.scenario.scenario import DOCUMENTED

__all__ = ["StageWays"]


class StageWays(StageObjects):
    """One scene's requests. `only` is the one further way that the stage is about, where it is about one."""

    def __init__(self, arrangement: Arrangement, scene: Scene, only: str = "") -> None:
        super().__init__(arrangement, scene)
        self._only = only

    @property
    def provider(self) -> Provider:
        """The provider's facts."""
        return self._scene.profile.provider

    @property
    def ways(self) -> list[Way]:
        """All matches that lead to the Backend; first the one that all cases are played by."""
        return ways_of(self.configuration)

    @property
    def further_ways(self) -> list[Way]:
        """All but the first; of a stage that is about one of these, that one."""
        return [one for one in self.ways[1:] if self._only in ("", str(one))]

    @property
    def way(self) -> Way:
        """The match that all cases are played by. Raises NotApplicable without any route."""
        found = self.ways
        self.only_if(found, "no route of the manifests leads to the Backend")
        return found[0]

    @property
    def gateway_of_route(self) -> str:
        """The Gateway that the route is attached to, as `namespace/name`."""
        found, at = self.ways, self.target.gateway
        return found[0].door.gateway if found and found[0].door else f"{at.namespace}/{at.name}"

    @property
    def path(self) -> str:
        """A path that the scene's route matches."""
        return self._usual[1].path

    @property
    def _usual(self) -> tuple[Way | None, Fitting]:
        found = self.ways
        return (found[0], self._fitting(found[0], usual=True)) if found else (None, Fitting("/"))

    def _fitting(self, way: Way, *, usual: bool = False) -> Fitting:
        """What a match asks for. Raises NotApplicable where nobody can tell, or no request comes by it."""
        if is_rare(share_of(way.rule)):
            share, vain = share_of(way.rule), in_vain(share_of(way.rule), MOST_SPLIT)
            said = f"its rule gives {share:.2g} of the requests to this Backend, so that {MOST_SPLIT} of them find none"
            raise NotApplicable(f"{said} with a probability of {vain:.2g}: not judged")
        if way.match.method not in (None, "POST") and not usual:
            raise NotApplicable(f"the match is for {way.match.method}, and what is judged are chat requests, by POST")
        routes = self.configuration.routes
        # Of rules that nothing leads by, the gateway is to show what it makes of them.
        path = self.provider.path if self._follows_path(way) else ""
        found = fitting_for(way, routes, self._everyones, path, self._suffix(way))
        found = found or (fitting_for(way, routes, ()) if usual else None)
        found = found or (fitting_for(way, (way.route,), ()) if usual else None)
        if found is None:
            said = f"no request could be made that fits the expressions of the match {way.match.path}, and no other"
            raise NotApplicable(said)
        return found

    def _follows_path(self, way: Way) -> bool:
        """Whether the path that arrives depends on the client's."""
        return all(llm.path is None and llm.path_prefix is None for _, llm in self.configuration.llms())

    def _suffix(self, way: Way) -> str:
        """How the path of a chat request has to end, where that decides which API it is for."""
        for backend, llm in self.configuration.llms():
            said = routes_of(self.configuration, backend, llm, way.route, way.rule)
            if said is not None:
                return chat_suffix(said[0])
        return ""

    @property
    def _everyones(self) -> Sequence[Route]:
        """The routes of all that is given; of variations of it nobody else's are known."""
        return self._arrangement.surroundings.placed_routes if self.scenario_is_documented else ()

    @property
    def scenario_is_documented(self) -> bool:
        """Whether the objects are as they were given."""
        return self._scene.key.scenario == DOCUMENTED

    def goes_by(self, way: Way, request: ClientRequest) -> bool:
        """Whether a request belongs to a way's rule."""
        return leads_by(way, request, self.configuration.routes, self._everyones)

    def unrouted(self, request: ClientRequest, *, elsewhere: bool = False) -> bool:
        """Whether no route of the whole run matches a request, or none of other scenes: all share the gateway."""
        scenes = [one for one in self._arrangement.scenes.values() if not (elsewhere and one is self._scene)]
        return all(best_rule(scene.configuration.routes, request) is None for scene in scenes)

    def body(self, **fields: Any) -> dict[str, Any]:
        """A chat request like the page's; a field given as `...` is left out.

        As on the page the model is empty and left to the Backend, unless that has none.
        """
        message = {"role": "user", "content": "Write a short haiku about artificial intelligence."}
        open_ = any(llm.model is None for _, llm in self.configuration.llms())
        merged = {"model": self.provider.models[0] if open_ else "", "messages": [message], **fields}
        return {name: value for name, value in merged.items() if value is not ...}

    def request(
        self,
        *,
        below: str = "",
        path: str | None = None,
        method: str = "POST",
        headers: Headers = (),
        body: Mapping[str, Any] | bytes | None = None,
        correlate: bool = True,
        way: Way | None = None,
        **fields: Any,
    ) -> ClientRequest:
        """A chat request to the scene's route; `below` extends the path, `fields` go into the body.

        It has what the first match asks for, or that of another `way`, and with Passthrough a token of the client's.
        """
        content = (
            body if isinstance(body, bytes) else json.dumps(self.body(**fields) if body is None else body).encode()
        )
        way, wanted = self._usual if way is None else (way, self._fitting(way))
        named = {name.lower() for name, _ in headers}
        if any(name.lower() == "authorization" and "authorization" in named for name, _ in wanted.headers):
            raise NotApplicable("the route's match asks clients for an Authorization of its own")
        if any((one.header or "").lower() in named for one in (way.rule.callers if way else ())):
            raise NotApplicable("the gateway itself asks clients for a key in such a header")
        needed = needed_headers(self.configuration, wanted, way.host if way else "")
        own = tuple((name, value) for name, value in needed if name.lower() not in named)
        return ClientRequest(
            method=method,
            path=target_of(wanted.path, below, wanted) if path is None else path,
            headers=(*own, *headers),
            body=content if method not in ("GET", "HEAD") else None,
            correlation_id=secrets.token_hex(8) if correlate else None,
            door=way.door if way else None,
        )
