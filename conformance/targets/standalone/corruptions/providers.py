"""Corruptions between the gateway and its providers: as if the gateway sent something else, or to somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.targets.standalone.corruptions.corruption import Corruption, Hooks, Message

__all__ = ["TO_PROVIDERS"]

_STRANGER = "gateway.example"


def _header(name: str, change: Callable[[str], tuple[str, ...]]) -> Callable[[], Hooks]:
    return lambda: Hooks(request=lambda request: request.replace(name, *change(request.value(name))))


def _target(change: Callable[[str], str]) -> Callable[[], Hooks]:
    def request(message: Message) -> None:
        message.target = change(message.target)

    return lambda: Hooks(request=request)


def _body(change: Callable[[dict[str, Any]], None]) -> Callable[[], Hooks]:
    """A change of a request's JSON."""

    def request(message: Message) -> None:
        if message.value("content-type").startswith("application/json"):
            data = json.loads(message.body)
            change(data)
            message.body = json.dumps(data).encode()

    return lambda: Hooks(request=request)


def _key_told() -> Hooks:
    """Tells clients the key that it saw last."""
    seen = [""]

    def request(message: Message) -> None:
        seen[0] = message.value("authorization")

    def answer(message: Message) -> None:
        message.headers.append(("x-upstream-authorization", seen[0]))

    return Hooks(request=request, answer=answer)


def _first_message_lost(body: dict[str, Any]) -> None:
    body["messages"] = body["messages"][1:]


def _only_known_fields(body: dict[str, Any]) -> None:
    for name in set(body) - {"model", "messages", "stream"}:
        del body[name]


def _number_as_text(body: dict[str, Any]) -> None:
    body.update({name: str(value) for name, value in body.items() if isinstance(value, float)})


_PAGE_AUTH = "the page, authToken: the key goes to the provider as `Authorization: Bearer`"
_PAGE_PATH = "the page, path.full: the whole path of the request to the provider"
_PAGE_MODEL = "the page, model: it overrides the client's"
_PAGE_TLS = "the page, BackendTLSPolicy: TLS to the provider, verified by hostname and authorities"
_BODY = "FACTS 5: what the gateway does not know of a request it leaves as it is"

TO_PROVIDERS = [
    Corruption(
        "key-lost",
        "providers",
        "The key does not go along.",
        "auth",
        _PAGE_AUTH,
        "no key",
        _header("authorization", lambda _: ()),
    ),
    Corruption(
        "bearer-lost",
        "providers",
        "The key goes without `Bearer`.",
        "auth",
        _PAGE_AUTH,
        "another credential",
        _header("authorization", lambda value: (value.removeprefix("Bearer "),)),
    ),
    Corruption(
        "key-sent-twice",
        "providers",
        "The key goes along in two lines.",
        "auth",
        _PAGE_AUTH,
        "another credential",
        _header("authorization", lambda value: (value, value)),
    ),
    Corruption(
        "key-lower-case",
        "providers",
        "The key is written in small letters.",
        "auth",
        _PAGE_AUTH,
        "another credential",
        _header("authorization", lambda value: (value.lower().replace("bearer", "Bearer"),)),
    ),
    Corruption(
        "prefix-before-path",
        "providers",
        "The path of the route stands before the provider's.",
        "path",
        _PAGE_PATH,
        "path",
        _target(lambda path: f"/mistral{path}"),
    ),
    Corruption(
        "slash-doubled",
        "providers",
        "The path begins with two slashes.",
        "path",
        _PAGE_PATH,
        "path",
        _target(lambda path: f"/{path}"),
    ),
    Corruption(
        "version-lost",
        "providers",
        "The path lacks its version.",
        "path",
        _PAGE_PATH,
        "path",
        _target(lambda path: path.replace("/v1", "", 1)),
    ),
    Corruption(
        "query-added",
        "providers",
        "A query goes along that nobody wrote.",
        "path",
        _PAGE_PATH,
        "query",
        _target(lambda path: f"{path}?api-version=1"),
    ),
    Corruption(
        "own-host-sent",
        "providers",
        "The gateway's own name is sent as Host.",
        "host",
        "the page, URLRewrite.hostname",
        "Host",
        _header("host", lambda _: (_STRANGER,)),
    ),
    Corruption(
        "other-model",
        "providers",
        "Another model is asked for.",
        "model",
        _PAGE_MODEL,
        "model",
        _body(lambda body: body.update(model="some-other-model")),
    ),
    Corruption(
        "model-lost",
        "providers",
        "No model is asked for.",
        "model",
        _PAGE_MODEL,
        "model",
        _body(lambda body: body.pop("model", None)),
    ),
    Corruption(
        "first-message-lost",
        "providers",
        "The first message is dropped.",
        "body",
        _BODY,
        "messages",
        _body(_first_message_lost),
    ),
    Corruption(
        "unknown-fields-lost",
        "providers",
        "Fields that the gateway does not know are dropped.",
        "body",
        _BODY,
        "the client's request",
        _body(_only_known_fields),
    ),
    Corruption(
        "numbers-as-text",
        "providers",
        "Numbers are written as texts.",
        "body",
        _BODY,
        "temperature",
        _body(_number_as_text),
    ),
    Corruption(
        "content-type-lost",
        "providers",
        "The body goes without its type.",
        "body",
        "RFC 9110, 8.3",
        "Content-Type",
        _header("content-type", lambda _: ()),
    ),
    Corruption(
        "sent-twice",
        "providers",
        "Each request is sent twice.",
        "errors",
        "RFC 9110, 9.2.2: what is not idempotent is not repeated",
        "2 times",
        lambda: Hooks(twice=True),
    ),
    Corruption(
        "tls-left-out",
        "providers",
        "The provider is reached in plaintext.",
        "tls",
        _PAGE_TLS,
        "plaintext",
        lambda: Hooks(plain=True),
    ),
    Corruption(
        "other-server-name",
        "providers",
        "TLS asks for another server.",
        "tls",
        _PAGE_TLS,
        "another server name",
        lambda: Hooks(server_name=_STRANGER),
    ),
    Corruption(
        "certificates-unverified",
        "providers",
        "Any certificate is taken.",
        "tls",
        _PAGE_TLS,
        "certificate",
        lambda: Hooks(vouches=True),
    ),
    Corruption(
        "key-told-to-clients",
        "providers",
        "Answers tell clients the key.",
        "secrets",
        "FACTS 6: the key is for the provider alone",
        "key",
        _key_told,
    ),
]
