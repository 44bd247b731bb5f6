"""A good provider file, and files with one mistake each."""

from __future__ import annotations

__all__ = ["GOOD", "MISTAKES", "ODD"]

GOOD = """\
name: acme
host: api.acme.test
port: 443
path: /v1/chat/completions
models: [acme-1]
"""

ODD = [
    GOOD.replace("models: [acme-1]\n", ""),
    GOOD.replace("api.acme.test", "127.0.0.1"),
    GOOD.replace("api.acme.test", "'::1'"),
    GOOD.replace("api.acme.test", "localhost"),
    GOOD.replace("/v1/chat/completions", "/"),
    GOOD + "tls: false\ntitle: Acme\nnotes: none\n",
    GOOD + "other_paths: [/chat/completions]\n",
    GOOD + "other_paths: ['/{a}/chat?v={v}']\nother_hosts: ['{a}.acme.test', eu.acme.test]\n",
    GOOD + "former_hosts: [old.acme.test]\nnot_at: [www.acme.test]\n",
    GOOD + "other_auth: [{header: x-api-key, scheme: ''}, {header: x-key}]\n",
    GOOD.replace("host: api", "host: '{a}'").replace(".acme.test", "-{b}.acme.test'").replace("'-", "-")
    + "examples: {a: one, b: two}\n",
    GOOD + "auth: {required: false}\n",
    GOOD + "auth: {header: x-api-key, scheme: ''}\n",
    GOOD + "errors: {not_found: {status: 404, text: gone}, bad_request: {status: 599, body: null}}\n",
    GOOD + "sources: [{title: a, checked: 2026-11-23, url: 'https://a'}, {title: b, checked: '2026-01-01'}]\n",
]
"""Good ones that use what the format has."""

# (text, line, field, part of the message)
MISTAKES = [
    ("- a\n", 0, "", "exactly one YAML mapping"),
    (GOOD + "---\n" + GOOD, 0, "", "exactly one YAML mapping"),
    (GOOD + "hots: a\n", 6, "hots", "unknown field"),
    (GOOD.replace("acme\n", "Acme\n"), 1, "name", "lower-case letters, digits and inner hyphens, found 'Acme'"),
    (GOOD.replace("acme\n", f"{'a' * 41}\n"), 1, "name", "at most 40"),
    (GOOD.replace("name: acme", "name: 5"), 1, "name", "expected a text"),
    (GOOD.replace("api.acme.test", "https://api.acme.test"), 2, "host", "not a host name"),
    (GOOD.replace("api.acme.test", "api.acme.test:443"), 2, "host", "not a host name"),
    (GOOD.replace("api.acme.test", "1.2.3"), 2, "host", "not a host name"),
    (GOOD.replace("api.acme.test", "-a.test"), 2, "host", "not a host name"),
    (GOOD.replace("443", "'443'"), 3, "port", "from 1 to 65535"),
    (GOOD.replace("443", "0"), 3, "port", "from 1 to 65535"),
    (GOOD.replace("443", "true"), 3, "port", "from 1 to 65535"),
    (GOOD.replace("/v1", "v1"), 4, "path", "begins with a slash"),
    (GOOD.replace("completions", "completions?a=1"), 4, "path", "without space, [?] or #"),
    (GOOD.replace("[acme-1]", "[]"), 5, "models", "at least one"),
    (GOOD.replace("[acme-1]", "acme-1"), 5, "models", "at least one"),
    (GOOD.replace("[acme-1]", "[a, 5]"), 5, "models[1]", "expected a text"),
    (GOOD.replace("[acme-1]", "[a, a]"), 5, "models[1]", "stands twice"),
    (GOOD + "other_paths: /chat\n", 6, "other_paths", "expected a list"),
    (GOOD + "other_paths: [chat]\n", 6, "other_paths[0]", "begins with a slash"),
    (GOOD + "other_hosts: [a.test, 'b.test:443']\n", 6, "other_hosts[1]", "not a host name"),
    (GOOD + "other_hosts: ['{A}.test']\n", 6, "other_hosts[0]", "not a host name"),
    (GOOD + "former_hosts: ['{a}.test/']\n", 6, "former_hosts[0]", "parts of it"),
    (GOOD + "not_at: www.acme.test\n", 6, "not_at", "expected a list"),
    (GOOD + "other_auth: [{scheme: Key}]\n", 6, "other_auth[0].header", "expected a text"),
    (GOOD + "examples: acme\n", 6, "examples", "expected a mapping"),
    (GOOD + "tls: 'yes'\n", 6, "tls", "true or false"),
    (GOOD + "title: ''\n", 6, "title", "expected a text"),
    (GOOD + "auth: Bearer\n", 6, "auth", "expected a mapping"),
    (GOOD + "auth:\n", 6, "auth", "expected a mapping"),
    (GOOD + "auth:\n  headr: a\n", 7, "auth.headr", "unknown field"),
    (GOOD + "auth:\n  header: 'a b'\n", 7, "auth.header", "the name of a header"),
    (GOOD + "auth:\n  scheme: 'a b'\n", 7, "auth.scheme", "one word"),
    (GOOD + "auth:\n  required: 'no'\n", 7, "auth.required", "true or false"),
    (GOOD + "errors: []\n", 6, "errors", "expected a mapping"),
    (GOOD + "errors:\n  gone: {status: 410, body: {}}\n", 7, "errors.gone", "unknown field"),
    (GOOD + "errors:\n  not_found: {status: 404}\n", 7, "errors.not_found", "`status` and either `body`"),
    (
        GOOD + "errors:\n  not_found: {status: 404, body: {}, text: a}\n",
        7,
        "errors.not_found",
        "either `body` or `text`",
    ),
    (GOOD + "errors:\n  not_found: {status: 404, text: {}}\n", 7, "errors.not_found.text", "expected a text"),
    (GOOD + "errors:\n  not_found: {status: 200, body: {}}\n", 7, "errors.not_found.status", "from 400 to 599"),
    (GOOD + "errors:\n  not_found: {body: {}}\n", 7, "errors.not_found.status", "from 400 to 599"),
    (GOOD + "errors:\n  not_found: {status: 404, body: {}, x: 1}\n", 7, "errors.not_found.x", "unknown field"),
    (GOOD + "sources: somewhere\n", 6, "sources", "expected a list"),
    (GOOD + "sources:\n  - a page\n", 7, "sources[0]", "expected a mapping"),
    (GOOD + "sources:\n  - {title: a}\n", 7, "sources[0].checked", "expected a text"),
    (GOOD + "sources:\n  - {title: a, checked: soon}\n", 7, "sources[0].checked", "a date such as"),
    (
        GOOD + "sources:\n  - {title: a, checked: 2026-11-23, url: 'ftp://a'}\n",
        7,
        "sources[0].url",
        "begins with https://",
    ),
    (GOOD + "notes: 5\n", 6, "notes", "expected a text"),
    (GOOD.replace("name: acme\n", ""), 1, "name", "expected a text"),
]
