"""Failures of the API as metav1.Status objects, with the reasons, codes and messages of kube-apiserver."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import Kind
from conformance.targets.reference.kubeapi.jsontree import Json

__all__ = [
    "ApiError",
    "StatusCause",
    "already_exists",
    "bad_request",
    "conflict",
    "expired",
    "forbidden",
    "internal",
    "method_not_allowed",
    "no_such_resource",
    "not_found",
    "success",
    "too_large",
    "unauthorized",
    "unsupported_media_type",
]


@dataclass(frozen=True, slots=True)
class StatusCause:
    """One entry of `details.causes`: reason, e.g. `FieldValueInvalid`; the message; the field's path."""

    reason: str
    message: str
    field: str


class ApiError(Exception):
    """A request that is answered with a failure; `status()` is the body, `code` the HTTP status."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def status(self) -> Json:
        """The metav1.Status object."""
        body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details:
            body["details"] = self.details
        body["code"] = self.code
        return body


def success(kind: Kind, name: str, uid: str) -> Json:
    """The Status that answers a DELETE."""
    details = {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural, "uid": uid}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _details(kind: Kind, name: str) -> Json:
    details: Json = {"name": name} if name else {}
    if kind.group:
        details["group"] = kind.group
    details["kind"] = kind.plural
    return details


def _cause(cause: StatusCause) -> Json:
    return {"reason": cause.reason, "message": cause.message, "field": cause.field}


def not_found(kind: Kind, name: str) -> ApiError:
    """404: there is no such object."""
    return ApiError(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def already_exists(kind: Kind, name: str) -> ApiError:
    """409: an object of that name is there."""
    return ApiError(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', _details(kind, name))


def conflict(kind: Kind, name: str, why: str | None = None) -> ApiError:
    """409: the object is not the one that the client has seen."""
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(kind, name))


def apply_conflict(message: str, causes: Sequence[StatusCause]) -> ApiError:
    """409 of a server-side apply: other managers own the fields."""
    return ApiError(409, "Conflict", message, {"causes": [_cause(cause) for cause in causes]})


def bad_request(message: str) -> ApiError:
    """400: the request itself is wrong."""
    return ApiError(400, "BadRequest", message)


def forbidden(kind: Kind, name: str, why: str) -> ApiError:
    """403: nobody may do that."""
    return ApiError(403, "Forbidden", f'{kind.resource} "{name}" is forbidden: {why}', _details(kind, name))


def internal(message: str) -> ApiError:
    """500 with a plain error, which has no reason."""
    return ApiError(500, "", message)


def expired(wanted: int, oldest: int) -> ApiError:
    """410: the watch's resourceVersion is older than what is remembered."""
    return ApiError(410, "Expired", f"too old resource version: {wanted} ({oldest})")


def unauthorized() -> ApiError:
    """401: no token, or a wrong one."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def no_such_resource() -> ApiError:
    """404 for a path that leads nowhere."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> ApiError:
    """405: the resource is there, the verb is not."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def unsupported_media_type(sent: str, accepted: Sequence[str]) -> ApiError:
    """415: a body in a format that is not read here."""
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return ApiError(415, "UnsupportedMediaType", f"{message} (sent: {sent[:100]})", {})


def too_large(limit: int) -> ApiError:
    """413: a body over the limit."""
    return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")
