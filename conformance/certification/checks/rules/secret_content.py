"""Checks of the keys themselves: base64 mistakes, line ends, quotes, `Bearer` before them. No key is ever shown."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from conformance.certification.checks.keys import WrittenKey, encoded_values, keys_of
from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.placeholders import is_unfilled
from conformance.core.addresses import is_inside
from conformance.core.credentials import NO_KEY_BUT_NAMES
from conformance.manifests.render import NO_KEY
from conformance.manifests.secrets import bare_key, secret_value

__all__: list[str] = []

_SECRET = "Kubernetes API, Secret: data is base64, stringData is plain"
_TOKEN = "kgateway API, SingleAuthToken; agentgateway API, BackendAuth"
_SHORTEST_ENCODED = 16
_MARKS = {",": "comma", ";": "semicolon"}
# What names a key where it is set, in a file of variables or a header, and was copied with it.
_NAMED = re.compile(r"(?i)(?:export\s+)?(?:[a-z]+[-_])*(?:api)?(?:key|token|secret|authorization)\s*[:=]\s*(?=[^=\s])")
_GLUED = re.compile(r"(?i)(bearer)[:=]?(?=(?:sk|gsk|csk|pplx|xai|hf|fw|tgp|eyJ)[-_A-Za-z0-9])")
# What people write where a self-hosted server asks for no key.
_NO_KEYS = (
    NO_KEY,
    "none",
    "empty",
    "ollama",
    "vllm",
    "dummy",
    "test",
    "not-needed",
    "no-key",
    "unused",
    "local",
    "token",
)


@reports(
    secret_not_base64=("data of the Secret holds the plain key, or nothing that decodes to a text", _SECRET),
    secret_double_encoded=("the key is base64 once too often: in stringData, or twice in data", _SECRET),
)
def encoding(sheet: Sheet) -> Iterator[Found]:
    """data is decoded once, stringData never."""
    told = set()
    for entry, secret, path, _ in encoded_values(sheet):
        if secret_value(secret.data, entry.llm.auth.secret_key) is None and (id(secret), path) not in told:
            told.add((id(secret), path))
            remedy = f"write the plain key into stringData.{path[-1]}, or encode it: base64 of the key alone"
            yield Found("secret-not-base64", secret, path, "the value is no base64 of a text", remedy)
    for key in keys_of(sheet):
        if not key.inline and _is_encoded_text(key.value):
            where = str(key.path[0])
            meant = "stringData takes the plain key" if where == "stringData" else "data is base64 of the key, once"
            message = f"the key is still base64 when it is sent: {meant}"
            remedy = f"move it to data.{key.path[-1]}" if where == "stringData" else "encode the plain key once"
            yield Found("secret-double-encoded", key.manifest, key.path, message, remedy)


def _is_encoded_text(value: str) -> bool:
    """Whether it decodes to printable ASCII, as next to no key does by chance."""
    text = bare_key(value)
    if len(text) < _SHORTEST_ENCODED or len(text) % 4:
        return False
    try:
        plain = base64.b64decode(text, validate=True).decode("ascii").strip()
    except ValueError:
        return False
    return plain.isprintable()


@reports(
    token_characters=(
        "the key holds line ends, quotes or other characters that no header can have or no vendor issues",
        "RFC 9110, field values; agentgateway sends no header, or answers 503",
    ),
    token_newline=("the Secret's value ends in a line end, as echo without -n makes it", f"{_SECRET}"),
)
def characters(sheet: Sheet) -> Iterator[Found]:
    """A Secret's value is trimmed, an inline token is used as it is."""
    for key in keys_of(sheet):
        used = key.value if key.inline else key.value.strip()
        if used != used.strip():
            message = "the inline token begins or ends with blanks or a line end, and is sent as it is"
            yield Found("token-characters", key.manifest, key.path, message, "write it in quotes, on one line")
        elif not used.isascii() or not used.isprintable():
            message = f"{key.what} holds line ends or characters that no header can have"
            yield Found("token-characters", key.manifest, key.path, message, "write the key alone, on one line")
        elif len(used) > 1 and used[0] == used[-1] and used[0] in "\"'`":
            message = f"{key.what} stands in quotes that are sent with it"
            yield Found("token-characters", key.manifest, key.path, message, "take the inner quotes away")
        elif name := _NAMED.match(used):
            message = f"`{name[0].strip()}` stands before {key.what}, and is sent as a part of it"
            severity = Severity.ERROR if "=" in name[0] or _is_known(key) else Severity.WARNING
            yield Found("token-characters", key.manifest, key.path, message, "write the key alone", severity)
        elif mark := next((one for one in ",;" if one in used), ""):
            message = f"{key.what} holds a {_MARKS[mark]}, as behind an entry of a list, or between two keys"
            severity = Severity.ERROR if _is_known(key) else Severity.WARNING
            yield Found("token-characters", key.manifest, key.path, message, "write one key alone", severity)
        elif key.path[0] == "data" and key.value != used:
            message = "the decoded value ends in a line end or blanks; the gateway trims it, other readers may not"
            remedy = "encode it without: echo -n, or printf %s"
            yield Found("token-newline", key.manifest, key.path, message, remedy, Severity.WARNING)


def _is_known(key: WrittenKey) -> bool:
    """Whether it goes to a vendor, who issues no such keys; what a server of one's own takes only its owner knows."""
    return key.entry.vendor is not None and key.entry.vendor.auth_required


@reports(
    bearer_in_token=(
        "`Bearer` stands before the key, where the gateway writes it itself",
        "kgateway, kubeutils.GetSecretAuth (takes it off under the name Authorization only); seen on both gateways",
    ),
    inline_token=("a key stands in clear in the Backend", f"{_TOKEN}; keys belong into Secrets"),
    token_is_a_name=("the name of a header or of a scheme stands where the key belongs", _SECRET),
)
def bearer_and_clear(sheet: Sheet) -> Iterator[Found]:
    """Whether the key arrives as the only thing behind `Bearer`, and who can read it before."""
    for key in keys_of(sheet):
        auth = key.entry.llm.auth
        prefix = "Bearer" if auth.prefix is None else auth.prefix.strip()
        if key.value.strip().lower().startswith("bearer ") and prefix.lower() == "bearer":
            stripped = not key.inline and auth.secret_key == "Authorization" and key.value.strip().startswith("Bearer ")
            yield _bearer(key, taken_off=stripped)
        elif glued := _GLUED.match(key.value.strip()):
            message = f"`{glued[1]}` stands before the key without a blank, and is sent as a part of it"
            yield Found("bearer-in-token", key.manifest, key.path, message, "write the key alone")
        token = bare_key(key.value)
        if token.lower() in NO_KEY_BUT_NAMES - {*_NO_KEYS} and token != "Bearer":
            message = f"{token} is the name of a header or scheme, and no key: it would be sent as the key"
            yield Found("token-is-a-name", key.manifest, key.path, message, "write the API key there")
        elif key.inline and not is_unfilled(token) and not _is_no_key(key, token):
            message = "the API key stands in clear in the Backend, for all who may read it"
            remedy = "put it into a Secret and refer to that"
            yield Found("inline-token", key.manifest, key.path, message, remedy, Severity.WARNING)


def _is_no_key(key: WrittenKey, token: str) -> bool:
    host, vendor = key.entry.llm.host, key.entry.vendor
    if vendor and not vendor.auth_required:
        return True
    return token.lower() in _NO_KEYS or (host is not None and is_inside(host) and len(token) < _SHORTEST_ENCODED)


def _bearer(key: WrittenKey, *, taken_off: bool) -> Found:
    if taken_off:
        message = "the gateway takes `Bearer` off under this name only; other readers of the Secret may not"
        return Found("bearer-in-token", key.manifest, key.path, message, "write the key alone", Severity.WARNING)
    message = f"`Bearer` is sent twice: the gateway writes it before {key.what} itself"
    return Found("bearer-in-token", key.manifest, key.path, message, "write the key alone")
