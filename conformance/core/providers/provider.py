"""Provider facts: an OpenAI-compatible API as its vendor runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from conformance.core.providers.forms import fits_host, fits_path, is_form, lacking
from conformance.core.startup.records import dataclass
from conformance.core.yaml.fields import Pattern

__all__ = ["ERRORS", "Auth", "Patterns", "Provider", "VendorError"]

ERRORS = ("not_found", "method_not_allowed", "unauthorized", "unknown_model", "bad_request", "rate_limited")
"""The kinds of mistakes that a file may have the vendor's answer to."""


class Patterns:
    """Those of the file format; `provider_schema` shows the same ones."""

    # RFC 1123; a name whose last label is a number would be taken for an address.
    HOST = Pattern(
        r"^(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*"
        r"(?![0-9]+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
        "the name of a host",
    )
    # Parts that are the customer's stand in braces.
    HOST_FORM = Pattern(
        r"^(?=.*\{)([a-z0-9-]|\{[a-z]+\})+(\.([a-z0-9-]|\{[a-z]+\})+)+$", "a host name with parts of it {in braces}"
    )
    # A part of object names and paths, to which variations append theirs.
    NAME = Pattern(r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", "at most 40 lower-case letters, digits and inner hyphens")
    PATH = Pattern(r"^/[!-\"$->@-~]*$", "a path: it begins with a slash, and is ASCII without space, ? or #")
    TARGET = Pattern(
        r"^/[!-\"$->@-~]*(\?[!-\"$-~]+)?$",
        "a path: it begins with a slash, and is ASCII without space or #; a query may follow",
    )
    # RFC 9110: a field name and an authentication scheme are tokens.
    HEADER = Pattern(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "the name of a header")
    SCHEME = Pattern(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "one word; leave it empty for a key that stands alone")
    DATE = Pattern(r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "a date such as 2026-11-23")
    URL = Pattern(r"^https://\S+$", "an address that begins with https://")


@dataclass(frozen=True)
class VendorError:
    """How the vendor answers one kind of mistake; `{model}`, `{path}` and `{message}` in the body are filled in.

    The body is a JSON value, or where it is `plain` a text that is sent as it stands.
    """

    status: int
    body: Any
    plain: bool = False


@dataclass(frozen=True)
class Auth:
    """How a key is sent: in which header, and behind which word; without one it stands alone."""

    header: str
    scheme: str

    def is_so(self, header: str, scheme: str) -> bool:
        """Whether it is sent so; neither minds the case."""
        return (self.header.lower(), self.scheme.lower()) == (header.lower(), scheme.lower())


@dataclass(frozen=True)
class Provider:
    """One provider. `port` is where its API listens, `tls` whether it speaks HTTPS there.

    `other_paths` lead to the same as `path`, and `other_hosts` to the same as `host`; parts of them that are in braces
    differ from customer to customer. `former_hosts` are those where it was once, and `not_at` hosts of the vendor that
    serve something else.
    An empty `auth_scheme` means that the key stands alone in its header; it may be sent as `other_auth` says, too.
    Where no key is required, any is ignored.
    """

    name: str
    title: str
    host: str
    port: int
    path: str
    models: tuple[str, ...]
    tls: bool = True
    auth_header: str = "Authorization"
    auth_scheme: str = "Bearer"
    auth_required: bool = True
    errors: Mapping[str, VendorError] = field(default_factory=dict)
    other_paths: tuple[str, ...] = ()
    # A provider refuses models it does not have; one whose models nobody listed accepts any.
    any_model: bool = False
    other_hosts: tuple[str, ...] = ()
    former_hosts: tuple[str, ...] = ()
    not_at: tuple[str, ...] = ()
    other_auth: tuple[Auth, ...] = ()

    @property
    def authority(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"

    @property
    def auths(self) -> tuple[Auth, ...]:
        """All ways in which it takes its key."""
        return Auth(self.auth_header, self.auth_scheme), *self.other_auth

    def reads(self, header: str, scheme: str) -> bool:
        """Whether it finds its key there."""
        return any(one.is_so(header, scheme) for one in self.auths)

    def stands_at(self, host: str) -> bool:
        """Whether its API is at this host, given in lower case."""
        return self.host == host or any(fits_host(form, host) for form in self.other_hosts)

    def at(self, host: str) -> Provider:
        """The same at another of its hosts."""
        return self if self.host == host else replace(self, host=host)

    def has_path(self, target: str) -> bool:
        """Whether the path of a request target leads to it."""
        return any(fits_path(form, target) for form in (self.path, *self.other_paths))

    def lacking(self, target: str) -> list[str]:
        """The query parameters that it wants with this path, and that the target has not."""
        found = [lacking(form, target) for form in (self.path, *self.other_paths) if fits_path(form, target)]
        return min(found, key=len, default=[])

    @property
    def host_form(self) -> str:
        """Its host for people: where it differs from customer to customer the form."""
        return next((form for form in self.other_hosts if is_form(form) and fits_host(form, self.host)), self.host)

    @property
    def path_form(self) -> str:
        """Its path for people, likewise."""
        return next((form for form in self.other_paths if is_form(form) and fits_path(form, self.path)), self.path)
