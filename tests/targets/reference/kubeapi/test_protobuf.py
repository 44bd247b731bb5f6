"""Core kinds in protobuf, as newer kubectl sends them."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.targets.reference.kubeapi.requests.protobuf import PROTOBUF, parse_protobuf
from conformance.targets.reference.kubeapi.status import ApiError
from tests.support.kubeapi import CORE, KGATEWAY, serving


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        out.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def text(number: int, value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def integer(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value & (1 << 64) - 1)


def envelope(kind: str, raw: bytes) -> bytes:
    return b"k8s\0" + text(1, text(1, "v1") + text(2, kind)) + text(2, raw) + text(4, "")


META = text(1, text(1, "one") + text(3, "") + text(11, text(1, "a") + text(2, "b")) + text(14, "x.example/y"))
METADATA = {"name": "one", "labels": {"a": "b"}, "finalizers": ["x.example/y"]}


@pytest.mark.parametrize(
    ("kind", "raw", "rest"),
    [
        ("Namespace", text(3, text(1, "Active")), {}),
        (
            "Secret",
            text(2, text(1, "k") + text(2, b"\xff")) + text(3, "Opaque") + text(4, text(1, "s") + text(2, "v")),
            {"data": {"k": "/w=="}, "type": "Opaque", "stringData": {"s": "v"}},
        ),
        ("ConfigMap", text(2, text(1, "k")) + integer(4, 0), {"data": {"k": ""}, "immutable": False}),
        (
            "Service",
            text(
                2,
                text(1, text(2, "TCP") + integer(3, 80) + text(4, integer(1, 1) + text(3, "http")) + integer(5, 0))
                + text(1, integer(3, -1) + text(4, integer(2, 8080)))
                + text(2, text(1, "app") + text(2, "x")),
            ),
            {
                "spec": {
                    "ports": [{"protocol": "TCP", "port": 80, "targetPort": "http"}, {"port": -1, "targetPort": 8080}],
                    "selector": {"app": "x"},
                }
            },
        ),
        (
            "Event",
            text(2, text(1, "Backend"))
            + text(6, integer(1, 1))
            + text(7, b"")
            + integer(8, 2)
            + text(5, text(1, "me")),
            {
                "involvedObject": {"kind": "Backend"},
                "source": {"component": "me"},
                "firstTimestamp": "1970-01-01T00:00:01Z",
                "count": 2,
            },
        ),
    ],
)
def test_objects(kind: str, raw: bytes, rest: dict[str, Any]) -> None:
    # A field of a fixed width that nobody knows is passed over.
    strange = varint(30 << 3 | 5) + b"1234" + varint(31 << 3 | 1) + b"12345678"

    assert parse_protobuf(envelope(kind, META + raw + strange)) == {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": METADATA,
        **rest,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"k8s\0",
        envelope("Pod", b""),
        envelope("Secret", b"\x0a\xff"),
        envelope("Secret", b"\x80"),
        envelope("Secret", b"\xff" * 20),
        envelope("Secret", b"\x0b"),
        envelope("Secret", integer(1, 1)),
        envelope("Secret", text(3, b"\xff")),
        envelope("Secret", text(5, b"x")),
        envelope("Event", text(6, integer(1, 1 << 62))),
    ],
)
def test_broken_bytes(body: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        parse_protobuf(body)
    assert refused.value.code == 400


def test_over_http() -> None:
    with serving() as served:
        headers = {"content-type": PROTOBUF}
        path = f"{CORE}/configmaps"
        body = envelope("ConfigMap", text(1, text(1, "one")) + text(2, text(1, "a") + text(2, "1")))

        created = served.http.post(path, content=body, headers=headers)
        custom = served.http.post(KGATEWAY, content=body, headers=headers)
        options = envelope("DeleteOptions", text(4, "Background") + text(5, "All"))
        tried = served.http.request("DELETE", f"{path}/one", content=options, headers=headers)

        assert created.status_code == 201
        assert created.json()["data"] == {"a": "1"}
        assert custom.status_code == 415
        assert tried.status_code == 200
        assert served.http.get(f"{path}/one").status_code == 200
