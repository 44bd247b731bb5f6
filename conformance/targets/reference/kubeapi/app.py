"""The ASGI application: authentication, discovery, and the way from a path to what answers it."""

from __future__ import annotations

import hmac
from collections.abc import Collection

from starlette.types import Receive, Scope, Send

from conformance.manifests.schemas import AdmissionError
from conformance.targets.reference.kubeapi.answers.discovery import AGGREGATED_TYPE, VERSION, Discovery, api_versions
from conformance.targets.reference.kubeapi.answers.openapi import OpenApi
from conformance.targets.reference.kubeapi.contract import ResourcePath
from conformance.targets.reference.kubeapi.handlers import Handlers
from conformance.targets.reference.kubeapi.jsontree import Json
from conformance.targets.reference.kubeapi.requests.http import ClientGone, Request, respond
from conformance.targets.reference.kubeapi.resources import Resources
from conformance.targets.reference.kubeapi.status import ApiError, method_not_allowed, no_such_resource, unauthorized

__all__ = ["KubeApi"]

# What kube-apiserver tells everybody (ClusterRole system:public-info-viewer).
_PUBLIC = ("/version", "/healthz", "/livez", "/readyz")


class KubeApi:
    """The API over one store; `token` is the bearer token that every request but the public ones must carry.

    `without`: the (kind, version)s that are not served.
    """

    def __init__(self, resources: Resources, token: str, without: Collection[tuple[str, str]] = ()) -> None:
        self._token = token.encode()
        self._handlers = Handlers(resources)
        self._discovery = Discovery(without)
        self._openapi = OpenApi(resources.schema, self._discovery)
        self._served = self._discovery.served()

    def allow_watches(self, allowed: bool) -> None:
        """Without leave every stream ends, so that the server can stop."""
        self._handlers.allow_watches(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; a failure is answered with its Status."""
        if scope["type"] != "http":
            raise RuntimeError(f"not served here: {scope['type']}")
        request = Request.of(scope, receive)
        try:
            self._authenticate(request)
            await self._answer(request, send)
        except ClientGone:
            return
        except (ApiError, AdmissionError) as error:
            await respond(send, error.code, error.status())

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("authorization")
        if given is None and request.path.startswith(_PUBLIC):
            return
        scheme, _, token = (given or "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self._token):
            raise unauthorized()

    async def _answer(self, request: Request, send: Send) -> None:
        segments = request.segments
        target = self._target(segments)
        if target is not None:
            await self._handlers.answer(target, request, send)
            return
        if request.method not in ("GET", "HEAD"):
            raise method_not_allowed() if self._document(request, segments) else no_such_resource()
        document = self._document(request, segments)
        if document is None:
            raise no_such_resource()
        body, type_ = document
        await respond(send, 200, body, type_=type_)

    def _target(self, segments: list[str]) -> ResourcePath | None:
        """The resource that a path names; None when it names none."""
        match segments:
            case ["api", version, *rest]:
                group = ""
            case ["apis", group, version, *rest]:
                pass
            case _:
                return None
        # Namespaces are objects themselves, and the folder of the others.
        if len(rest) >= 3 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
            namespace, rest = rest[1], rest[2:]
        else:
            namespace = None
        if not rest or len(rest) > 3:
            return None
        plural, name, subresource = (*rest, "", "")[:3]
        kind = self._served.get((group, version, plural))
        if (
            kind is None
            or (namespace is not None and not kind.namespaced)
            or (name and kind.namespaced and not namespace)
        ):
            return None
        if subresource and not (subresource == "status" and kind.has_status):
            return None
        return ResourcePath(kind, version, namespace, name, subresource)

    def _document(self, request: Request, segments: list[str]) -> tuple[Json | bytes, str] | None:
        """The answer to a path that is no resource: body and type."""
        plain = "application/json"
        match segments:
            case ["version"]:
                return VERSION, plain
            case ["healthz" | "livez" | "readyz", *_]:
                return b"ok", "text/plain; charset=utf-8"
            case ["api" | "apis"] if "as=APIGroupDiscoveryList" in request.headers.get("accept", ""):
                return self._aggregated(request, core=segments == ["api"])
            case ["openapi", "v3", *path] if path:
                document = self._openapi.document("/".join(path))
                return (document, plain) if document else None
        body = self._discovered(segments)
        return (body, plain) if body else None

    def _discovered(self, segments: list[str]) -> Json | None:
        match segments:
            case ["api"]:
                return api_versions()
            case ["apis"]:
                return self._discovery.groups()
            case ["apis", group]:
                return self._discovery.group(group)
            case ["api", version]:
                return self._discovery.resource_list("", version)
            case ["apis", group, version]:
                return self._discovery.resource_list(group, version)
            case ["openapi", "v3"]:
                return self._openapi.index()
            case []:
                return {
                    "paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]
                }
        return None

    def _aggregated(self, request: Request, *, core: bool) -> tuple[Json, str] | None:
        """Aggregated discovery, if the client takes v2; a client that knows only v2beta1 gets the plain form."""
        for part in request.headers["accept"].split(","):
            wishes = {item.strip() for item in part.split(";")}
            if {"g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList"} <= wishes:
                return self._discovery.aggregated(core=core), AGGREGATED_TYPE
        return (api_versions() if core else self._discovery.groups()), "application/json"
