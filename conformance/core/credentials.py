"""What shows that a text is a key, though nobody has registered it: the name that it stands under, or its own look."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator

__all__ = [
    "HIDDEN",
    "NO_KEY_BUT_NAMES",
    "VENDOR_KEY",
    "credentials_of_query",
    "hide_likely_keys",
    "is_credential_name",
    "is_likely_key",
    "is_misplaced_key",
    "is_stand_in",
    "userinfo_in",
    "without_scheme",
]

HIDDEN = "<hidden>"

# How the names of headers, query parameters, fields and variables end that hold keys: `X-Goog-Api-Key`, `accessToken`.
_ENDINGS = (
    *("authorization", "apikey", "token", "secret", "password", "passwd", "credential", "credentials"),
    *("cookie", "signature", "bearer", "jwt"),
)
# They end so, too, and hold a name, a number or a time.
_HARMLESS = re.compile(
    r"(?:max|prompt|completion|total|input|output|cached|reasoning|audio|limit|remaining|reset)[-_]?tokens?$"
    r"|(?:idempotency|cache|sort|partition|primary|public|object|label|map|section)[-_]?key$",
    re.IGNORECASE,
)
_KEY_WORD = re.compile(r"[-_ ](?i:key|auth|sig)$|[a-z0-9]Key$")
_STAND_IN = re.compile(r"\$\{?[A-Za-z_]\w*\}?|<[^<>]*>|\{\{.*\}\}|\*{3,}|")
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|ApiKey|Api-Key|Key)\s+", re.IGNORECASE)

# All of these cost as much as a text is long: bodies of megabytes pass here.
# As vendors begin their keys; a name such as `sk-learn` or `xai-secret` has no digit.
VENDOR_KEY = re.compile(
    r"\b(?:(?:sk|csk|pplx|xai|nvapi|glpat|dapi|rk)-|(?:sk|gsk|hf|fw|tgp|ghp|gho|ghs|github_pat|r8)_)"
    r"(?=[A-Za-z_-]{0,99}\d)[A-Za-z0-9_-]{12,}"
    r"|\bA(?:KIA|SIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{30,}|\beyJ[\w-]{8,999}\.[\w-]{8,4999}(?:\.[\w-]*)?"
)
_TOKEN = re.compile(r"[A-Za-z0-9_+=-]{24,}")
# Digests are for everybody to read.
_DIGEST = re.compile(r"sha(?:256|384|512)[-:][A-Za-z0-9+/=_-]+")
_DIGEST_OR_TOKEN = re.compile(f"{_DIGEST.pattern}|{_TOKEN.pattern}")
# A value behind a name that says what it is, in a header line, in JSON, in a query; a word of a message has no digit.
_NAMED = re.compile(
    r"""(?ix) (?P<name> (?:proxy-)?authorization | (?:api|access|secret|subscription)[-_]?(?:key|token)
                      | client[-_]secret | password | (?<=[?&])(?:key|sig|signature|token) )
    (?P<between> ["']? \s* [:=] \s* ["']? (?:(?:bearer|basic|token)\s+)? )
    (?P<value> (?=\S{0,99}\d) [^\s"'&<>${}(),;\\]{8,} )"""
)
_USERINFO = re.compile(r"(?:(?<=//)|(?<![\w.%+~-]))(?:[\w.%+~-]{0,99}:)(?P<password>[^\s:/@]{6,999})@(?=[\w-]+\.)")
_USER = re.compile(r"(?<=//)(?P<password>[^\s:/@]{6,999})@(?=[\w-]+\.)")
# One text of which a part looks drawn at random: base64 has `/` and `+` in it, and some join two parts by a dot.
_BESIDE = re.compile(r"[A-Za-z0-9_+./~-]{0,999}")
_PADDING = re.compile(r"(?:={1,2}(?![\w=]))?")
_WORD = re.compile(r"[a-z_-]*(?:[A-Z][a-z]{2,})*|v\d+")
_OPEN = re.compile(r"<[a-z][\w -]*>|\{\{[^{}]*\}\}")
_MIXED_RUN = re.compile(r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{12,}|[A-Za-z]{24,}")
_NAME_OF_ANYTHING = re.compile(r"[A-Za-z0-9._ -]*")
_SHORTEST_MISPLACED = 16

NO_KEY_BUT_NAMES = frozenset(
    (
        *("authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key", "apikey"),
        *("bearer", "basic", "token", "secretref", "passthrough", "inline"),
    )
)
"""Names of headers, schemes and kinds of credentials, in lower case: where one stands in place of a key, it is none."""
_BITS = 3.8
"""Shannon's entropy, a character: about 4.3 in a random text of 24 characters of 64 letters, 3 to 3.5 in words."""


def is_credential_name(name: str) -> bool:
    """Whether a header, parameter or field of this name holds a key: `x-api-key`, `authToken`, `client_secret`."""
    if _HARMLESS.search(name):
        return False
    folded = re.sub(r"[-_. ]", "", name).lower()
    return folded.endswith(_ENDINGS) or bool(_KEY_WORD.search(name))


def is_stand_in(value: str) -> bool:
    """Whether a text is a variable or other mark that stands where a key is to be."""
    return bool(_STAND_IN.fullmatch(without_scheme(value)))


def without_scheme(value: str) -> str:
    """The credentials in the value of an Authorization header (RFC 9110, 11.4), or in another that is written so."""
    return _SCHEME.sub("", value.strip(), count=1).strip()


def is_likely_key(text: str) -> bool:
    """Whether a text as a whole looks as keys do: begins as a vendor's, or is drawn at random."""
    return bool(VENDOR_KEY.fullmatch(text)) or _is_random(text)


def _is_random(token: str) -> bool:
    # Lines of 64 are those of certificates.
    if not _TOKEN.fullmatch(token) or len(token) == 64 or _DIGEST.match(token):
        return False
    kinds = (str.isdigit, str.isupper, str.islower)
    if not all(any(map(kind, token)) for kind in kinds) or max(map(len, re.split(r"[-_]", token))) < 16:
        return False
    shares = [count / len(token) for count in Counter(token).values()]
    return -sum(share * math.log2(share) for share in shares) >= _BITS


def hide_likely_keys(text: str) -> str:
    """The text without what looks like a key, or stands behind a name that only keys have."""
    text = VENDOR_KEY.sub(HIDDEN, text)
    text = _DIGEST_OR_TOKEN.sub(lambda match: HIDDEN if _is_random(match[0]) else match[0], text)
    for pattern in (_USERINFO, _USER) if "@" in text else ():
        text = pattern.sub(lambda match: match[0].replace(match["password"], HIDDEN), text)
    if HIDDEN in text:
        text = "".join(_wholly_hidden(text))
    return _NAMED.sub(lambda match: f"{match['name']}{match['between']}{HIDDEN}", text)


def credentials_of_query(target: str) -> Iterator[str]:
    """What a request target or URL holds under names of keys in its query: of `/v1/chat?key=K`, K."""
    for part in target.partition("?")[2].split("&"):
        name, _, value = part.partition("=")
        if value and (is_credential_name(name) or name.lower() == "key"):
            yield value


def _wholly_hidden(text: str) -> Iterator[str]:
    """The text without what belongs to a hidden part of it: what is beside it up to the next plain word or blank."""
    before, *rest = text.split(HIDDEN)
    for after in rest:
        yield before[: len(before) - _belonging(before[:-1000:-1])] + HIDDEN
        end = _belonging(after)
        padding = _PADDING.match(after, end)
        before = after[padding.end() if padding else end :]
    yield before


def _belonging(text: str) -> int:
    """How far a text, or one that is read backwards, goes on with what was hidden before it."""
    beside = _BESIDE.match(text)
    parts = re.split(r"(?=[./])", beside[0]) if beside else []
    return len("".join(itertools.takewhile(lambda part: not part or not _is_word(part.lstrip("./")), parts)))


def _is_word(text: str) -> bool:
    return bool(_WORD.fullmatch(text) or _WORD.fullmatch(text[::-1]))


def is_misplaced_key(text: str) -> bool:
    """Whether a text that stands where a name or a kind belongs is rather a key: random, hexadecimal, a UUID, base64.

    A name has words in it, or short numbers; what a template leaves open, such as <vendor>-key, is no part of a key.
    """
    text = _OPEN.sub("", text).strip()
    if len(text) < _SHORTEST_MISPLACED or is_stand_in(text):
        return False
    return is_likely_key(text) or bool(_MIXED_RUN.search(text)) or not _NAME_OF_ANYTHING.fullmatch(text)


def userinfo_in(text: str) -> Iterator[str]:
    """What stands before `@` in a URL or host as a password, or as a user without one."""
    if "@" in text:
        for pattern in (_USERINFO, _USER):
            yield from (match["password"] for match in pattern.finditer(text))
