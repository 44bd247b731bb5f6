"""The verbs of a resource: reads the request, has it done, renders the answer as object, list, table or stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from starlette.types import Send

from conformance.core.redaction import excerpt
from conformance.manifests.schemas import UnknownFields
from conformance.targets.reference.kubeapi.answers.tables import as_table
from conformance.targets.reference.kubeapi.answers.watching import Watch, watch_lines
from conformance.targets.reference.kubeapi.contract import ResourcePath, WriteResult
from conformance.targets.reference.kubeapi.jsontree import Json
from conformance.targets.reference.kubeapi.requests.http import Request, parse_json, parse_yaml, respond
from conformance.targets.reference.kubeapi.requests.options import (
    delete_options,
    table_wish,
    wanted_seconds,
    write_options,
)
from conformance.targets.reference.kubeapi.requests.protobuf import PROTOBUF, parse_protobuf
from conformance.targets.reference.kubeapi.requests.selectors import Predicate, selector
from conformance.targets.reference.kubeapi.resources import Resources
from conformance.targets.reference.kubeapi.status import (
    ApiError,
    bad_request,
    method_not_allowed,
    success,
    unsupported_media_type,
)

__all__ = ["Handlers"]

_APPLY = "application/apply-patch+yaml"
_PATCHES: Mapping[str, str] = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
}
_BODIES: Mapping[str, Callable[[bytes], Any]] = {
    "application/json": parse_json,
    "application/yaml": parse_yaml,
    PROTOBUF: parse_protobuf,
}


class Handlers:
    """Answers the requests that name a resource."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store
        self._watches: set[Watch] = set()
        self._may_watch = True

    def allow_watches(self, allowed: bool) -> None:
        """Without leave every stream ends, those that are just beginning too."""
        self._may_watch = allowed
        if not allowed:
            for watch in self._watches:
                watch.end()

    async def answer(self, target: ResourcePath, request: Request, send: Send) -> None:
        """Answers one request. Raises ApiError, AdmissionError or ClientGone."""
        on_item = bool(target.name)
        match request.method:
            case "GET" if on_item:
                await respond(send, 200, self._render(target, request)(self._resources.get(target)))
            case "GET" if request.flag("watch"):
                await self._watch(target, request, send)
            case "GET":
                await respond(send, 200, self._list(target, request))
            case "POST" if not on_item and (target.namespace or not target.kind.namespaced):
                await self._write(target, request, send, self._create)
            case "PUT" if on_item:
                await self._write(target, request, send, self._replace)
            case "PATCH" if on_item:
                await self._write(target, request, send, self._patch)
            case "DELETE" if on_item and not target.subresource:
                await self._delete(target, request, send)
            case "DELETE" if not on_item and (target.namespace or not target.kind.namespaced):
                await self._delete_collection(target, request, send)
            case _:
                raise method_not_allowed()

    # ---- reading

    def _render(self, target: ResourcePath, request: Request) -> Callable[[Json], Json]:
        """How objects are shown to this client: in its version, perhaps as a table."""
        wish = table_wish(request)
        shown = self._in_version(target)
        if wish is None:
            return shown
        include, version = wish
        return lambda obj: as_table(
            target.kind,
            [shown(obj)],
            include=include,
            resource_version=obj["metadata"]["resourceVersion"],
            group_version=version,
        )

    def _in_version(self, target: ResourcePath) -> Callable[[Json], Json]:
        if target.version == target.kind.version:
            return lambda obj: obj
        return lambda obj: {**obj, "apiVersion": target.api_version}

    def _chosen(self, target: ResourcePath, request: Request) -> Predicate | None:
        query = request.query
        return selector(target.kind, query.get("labelSelector", ""), query.get("fieldSelector", ""))

    def _list(self, target: ResourcePath, request: Request) -> Json:
        chosen = self._chosen(target, request)
        shown = self._in_version(target)
        objects = self._store.peek_all(target.kind, target.namespace)
        items = [shown(obj) for obj in objects if chosen is None or chosen(obj)]
        # By name, as etcd keeps them.
        items.sort(key=lambda obj: (obj["metadata"].get("namespace", ""), obj["metadata"]["name"]))
        return self._as_list(target, request, items)

    def _as_list(self, target: ResourcePath, request: Request, items: list[Json]) -> Json:
        resource_version = str(self._store.resource_version)
        if wish := table_wish(request):
            include, version = wish
            return as_table(
                target.kind, items, include=include, resource_version=resource_version, group_version=version
            )
        return {
            "kind": f"{target.kind.kind}List",
            "apiVersion": target.api_version,
            "metadata": {"resourceVersion": resource_version},
            "items": items,
        }

    # ---- writing

    async def _write(
        self,
        target: ResourcePath,
        request: Request,
        send: Send,
        act: Callable[[ResourcePath, Request, bytes], WriteResult],
    ) -> None:
        body = await request.body()
        outcome = act(target, request, body)
        await respond(send, outcome.code, self._render(target, request)(outcome.object), warnings=outcome.warnings)

    def _object(self, target: ResourcePath, request: Request, body: bytes) -> Any:
        type_ = request.content_type or "application/json"
        parse = _BODIES.get(type_)
        if parse is None or (type_ == PROTOBUF and target.kind.group):
            raise unsupported_media_type(type_, list(_BODIES))
        return parse(body)

    def _create(self, target: ResourcePath, request: Request, body: bytes) -> WriteResult:
        obj = self._object(target, request, body)
        try:
            return self._resources.create(target, write_options(request), obj)
        except UnknownFields as error:
            raise _undecodable(target, error) from error

    def _replace(self, target: ResourcePath, request: Request, body: bytes) -> WriteResult:
        obj = self._object(target, request, body)
        try:
            return self._resources.replace(target, write_options(request), obj)
        except UnknownFields as error:
            raise _undecodable(target, error) from error

    def _patch(self, target: ResourcePath, request: Request, body: bytes) -> WriteResult:
        options = write_options(request)
        if request.content_type == _APPLY:
            return self._resources.apply(target, options, parse_yaml(body))
        format_ = _PATCHES.get(request.content_type)
        if format_ is None or (format_ == "strategic" and target.kind.group):
            accepted = [type_ for type_, name in _PATCHES.items() if not (name == "strategic" and target.kind.group)]
            raise unsupported_media_type(request.content_type, [*accepted, _APPLY])
        if options.force:
            text = 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch'
            raise ApiError(422, "Invalid", text)
        patch = parse_json(body)
        try:
            return self._resources.patch(target, options, format_, patch)
        except UnknownFields as error:
            shown = json.dumps(excerpt(body.decode(errors="replace"), 1000))
            message = f' "" is invalid: patch: Invalid value: {shown}: {error.message}'
            raise ApiError(422, "Invalid", message) from error

    async def _delete(self, target: ResourcePath, request: Request, send: Send) -> None:
        options = write_options(request)
        dry_run, preconditions = await delete_options(request)
        last = self._resources.delete(target, replace(options, dry_run=options.dry_run or dry_run), preconditions)
        if last["metadata"].get("finalizers"):
            await respond(send, 200, self._render(target, request)(last))
        else:
            await respond(send, 200, success(target.kind, target.name, last["metadata"]["uid"]))

    async def _delete_collection(self, target: ResourcePath, request: Request, send: Send) -> None:
        options = write_options(request)
        dry_run, preconditions = await delete_options(request)
        options = replace(options, dry_run=options.dry_run or dry_run)
        chosen = self._chosen(target, request)
        objects = [obj for obj in self._store.peek_all(target.kind, target.namespace) if chosen is None or chosen(obj)]
        for obj in objects:
            metadata = obj["metadata"]
            one = ResourcePath(target.kind, target.version, metadata.get("namespace"), metadata["name"])
            self._resources.delete(one, options, preconditions)
        await respond(send, 200, self._as_list(target, request, [self._in_version(target)(obj) for obj in objects]))

    # ---- watching

    async def _watch(self, target: ResourcePath, request: Request, send: Send) -> None:
        chosen, seconds = self._chosen(target, request), wanted_seconds(request)
        since = request.query.get("resourceVersion", "")
        with_initial_end = request.flag("sendInitialEvents")
        watch = Watch(self._store, target.kind, target.namespace, chosen)
        self._watches.add(watch)
        if not self._may_watch:
            watch.end()
        try:
            initial: list[Json] = []
            too_old: ApiError | None = None
            if with_initial_end or since in ("", "0"):
                initial = watch.existing()
            else:
                try:
                    watch.backlog(resource_version(since))
                except ApiError as error:
                    if error.code != 410:
                        raise
                    too_old = error
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-type", b"application/json"), (b"cache-control", b"no-cache, private")],
                }
            )
            if too_old:
                # As kube-apiserver tells it: inside the stream.
                line = json.dumps({"type": "ERROR", "object": too_old.status()}).encode() + b"\n"
                await send({"type": "http.response.body", "body": line})
                return
            bookmark = self._bookmark(target) if request.flag("allowWatchBookmarks") else None
            lines = watch_lines(
                watch,
                initial,
                render=self._render(target, request),
                seconds=seconds,
                bookmark=bookmark,
                initial_end=with_initial_end,
            )
            await self._stream(watch, request, send, lines)
        finally:
            watch.close()
            self._watches.discard(watch)

    async def _stream(self, watch: Watch, request: Request, send: Send, lines: AsyncGenerator[bytes, None]) -> None:
        gone = asyncio.create_task(_end_when_gone(watch, request))
        try:
            async with aclosing(lines):
                async for line in lines:
                    await send({"type": "http.response.body", "body": line, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)

    def _bookmark(self, target: ResourcePath) -> Callable[[bool], Json]:
        def make(initial_end: bool) -> Json:
            metadata: Json = {"resourceVersion": str(self._store.resource_version), "creationTimestamp": None}
            if initial_end:
                metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
            return {"kind": target.kind.kind, "apiVersion": target.api_version, "metadata": metadata}

        return make


async def _end_when_gone(watch: Watch, request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    watch.end()


def resource_version(text: str) -> int:
    """A watch's resourceVersion. Raises ApiError 400."""
    if not text.isdecimal() or len(text) > 18:
        raise bad_request(f"invalid resource version {text[:20]!r}: strconv.ParseUint: invalid syntax")
    return int(text)


def _undecodable(target: ResourcePath, error: UnknownFields) -> ApiError:
    """Unknown fields of a whole object, in kube-apiserver's words."""
    kind = target.kind.kind
    return bad_request(f'{kind} in version "{target.version}" cannot be handled as a {kind}: {error.message}')
