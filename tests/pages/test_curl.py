"""A curl command becomes the request that curl would send."""

from __future__ import annotations

import shlex

import pytest

from conformance.pages import CurlRequest, NotCarriedOut, parse_curl, parse_url


def read(command: str) -> CurlRequest:
    return parse_curl(shlex.split(command))


@pytest.mark.parametrize(
    ("command", "method", "body"),
    [
        ("localhost:8080/x", "GET", None),
        ("-X DELETE localhost:8080/x", "DELETE", None),
        ("-XPUT localhost:8080/x -d a", "PUT", b"a"),
        ("-I localhost:8080/x", "HEAD", None),
        ("localhost:8080/x -d a -d b=c", "POST", b"a&b=c"),
        ("localhost:8080/x --data a --data-ascii b --data-binary c", "POST", b"a&b&c"),
        ("localhost:8080/x --data-raw @notafile", "POST", b"@notafile"),
        ("localhost:8080/x --json '{\"a\":' --json '1}'", "POST", b'{"a":1}'),
        ("localhost:8080/x -d 'two\nlines'", "POST", b"two\nlines"),
        ("localhost:8080/x -d ''", "POST", b""),
        ("localhost:8080/x -d 'ö'", "POST", "ö".encode()),
        ("-sSd a --url localhost:8080/x", "POST", b"a"),
        ("-G localhost:8080/x -d a=1", "GET", None),
        ("-X POST -- localhost:8080/x", "POST", None),
    ],
)
def test_method_and_body(command: str, method: str, body: bytes | None) -> None:
    request = read(command)
    assert (request.method, request.body) == (method, body)


@pytest.mark.parametrize(
    ("command", "headers"),
    [
        ("localhost:8080/x", [("Host", "localhost:8080"), ("User-Agent", "curl/8"), ("Accept", "*/*")]),
        (
            "localhost/x -H content-type:application/json -d a",
            [("Host", "localhost"), ("User-Agent", "curl/8"), ("Accept", "*/*"), ("content-type", "application/json")],
        ),
        (
            "localhost/x -d a",
            [
                ("Host", "localhost"),
                ("User-Agent", "curl/8"),
                ("Accept", "*/*"),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ],
        ),
        (
            "localhost/x --json a",
            [
                ("Host", "localhost"),
                ("User-Agent", "curl/8"),
                ("Content-Type", "application/json"),
                ("Accept", "application/json"),
            ],
        ),
        ("localhost/x -H Accept: -H user-agent: -H 'Host:'", []),
        ("localhost/x -A '' -H 'Accept;'", [("Host", "localhost"), ("Accept", "")]),
        (
            "-u me:pw localhost/x -H 'Host: example.com' -A mine -H 'X-A: 1' -H 'x-a: 2'",
            [
                ("Host", "example.com"),
                ("Authorization", "Basic bWU6cHc="),
                ("User-Agent", "mine"),
                ("Accept", "*/*"),
                ("X-A", "1"),
                ("x-a", "2"),
            ],
        ),
        (
            "http://me:pw@localhost:80/x -H 'authorization: Bearer k'",
            [
                ("Host", "localhost"),
                ("User-Agent", "curl/8"),
                ("Accept", "*/*"),
                ("authorization", "Bearer k"),
            ],
        ),
    ],
)
def test_headers_as_curl_sends_them(command: str, headers: list[tuple[str, str]]) -> None:
    assert read(command).wire_headers() == headers


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "target"),
    [
        ("localhost", "http", "localhost", 80, "/"),
        ("localhost:8080/a/b?c=d#e", "http", "localhost", 8080, "/a/b?c=d"),
        ("HTTPS://a.example?x", "https", "a.example", 443, "/?x"),
        ("http://[::1]:8080/", "http", "[::1]", 8080, "/"),
        ("localhost:/x", "http", "localhost", 80, "/x"),
    ],
)
def test_url_parts(url: str, scheme: str, host: str, port: int, target: str) -> None:
    parts = parse_url(url)
    assert (parts.scheme, parts.host, parts.port, parts.target) == (scheme, host, port, target)


def test_data_of_get_goes_into_the_query() -> None:
    assert read("-G 'localhost/x?a=1#f' -d b=2").parts().target == "/x?a=1&b=2"
    assert read("-G localhost/x -d b=2").parts().target == "/x?b=2"


def test_options_that_change_nothing_are_noted() -> None:
    request = read("-skfL -o out.json -m5 --resolve a:80:127.0.0.1 -w '%{http_code}' localhost/x")
    assert request.insecure
    assert dict(request.noted) == {
        "silent": "", "insecure": "", "fail": "", "location": "", "output": "out.json", "max-time": "5",
        "resolve": "a:80:127.0.0.1", "write-out": "%{http_code}",
    }  # fmt: skip
    assert not read("localhost/x").insecure


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("--frobnicate localhost/x", "--frobnicate is not supported"),
        ("-F a=b localhost/x", "-F is not supported"),
        ("-sFa=b localhost/x", "-F is not supported"),
        ("--request=POST localhost/x", "--request=POST is not supported"),
        ("localhost/x -d @secret.txt", "files are never read"),
        ("localhost/x --json @secret.txt", "files are never read"),
        ("localhost/x -H @headers.txt", "files are never read"),
        ("localhost/x -H nonsense", "not a header field"),
        ("localhost/x -H 'a b: c'", "not a header field"),
        ("localhost/x -H 'a: c\nd: e'", "not a header field"),
        ("localhost/x -u me", "would ask for one"),
        ("-I localhost/x -d a", "refuses -I together with data"),
        ("-X 'GO TO' localhost/x", "not a method"),
        ("-X", "-X lacks its value"),
        ("-s", "no URLs"),
        ("localhost/x localhost/y", "2 URLs"),
    ],
)
def test_what_is_not_supported_is_refused_with_its_reason(command: str, reason: str) -> None:
    with pytest.raises(NotCarriedOut, match=reason):
        read(command)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://localhost/x", "neither http nor https"),
        ("ftp.example.com/x", "neither http nor https"),
        ("http://localhost:99999/", "not between 1 and 65535"),
        ("http://localhost:x/", "host or port cannot be read"),
        ("http:///x", "host or port cannot be read"),
        ("localhost/{a,b}", "set of URLs"),
        ("local{a,b}host/", "set of URLs"),
        ("localhost/a b", "outside ASCII"),
        ("localhost/ö", "outside ASCII"),
        ("localhost/a/../b", "dot segments"),
    ],
)
def test_urls_that_are_not_requested(url: str, reason: str) -> None:
    with pytest.raises(NotCarriedOut, match=reason):
        parse_url(url)


def test_brackets_are_taken_literally_with_globoff() -> None:
    assert read("-g 'localhost/x[1]'").parts().target == "/x[1]"


def test_repr_shows_no_secret() -> None:
    assert "s3cret" not in repr(read("-u a:s3cret 'localhost/?k=s3cret' -H 'K: s3cret' -d s3cret"))
    assert "s3cret" not in repr(parse_url("http://a:s3cret@localhost/"))
