"""The filters of HTTPRoute in each edition of the Gateway API (apis/v1/httproute_types.go)."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.manifests.schemas.crds import httproute_rules as rules
from conformance.manifests.schemas.crds.common import group, hostname, kind, namespace, object_name, port, strings
from conformance.manifests.schemas.crds.edition import Edition
from conformance.manifests.schemas.schema import Schema, choice, flag, integer, listing, record, text

__all__ = ["backend_reference", "filters", "header_name", "header_value"]

_TOKEN = r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$"
_PRINTABLE = r"^[!-~]+([\t ]?[!-~]+)*$"
_ANY_SCHEME = r"(^\*$)|(^([a-zA-Z][a-zA-Z0-9+\-.]+):\/\/([^:/?#]+)(:([0-9]{1,5}))?$)"
_HTTP = r"(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)"
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*")


def header_name() -> Schema:
    """The name of a header or of a query parameter."""
    return text("Name, in any case.", least=1, most=256, pattern=_TOKEN)


def header_value(doc: str, edition: Edition) -> Schema:
    """The value of a header."""
    strict = edition == Edition("1.6", experimental=True)
    return text(doc, least=1, most=4096, pattern=_PRINTABLE if strict else "")


def backend_reference(doc: str, fields: Mapping[str, Schema]) -> Schema:
    """A reference to what requests are sent to."""
    return record(
        doc,
        {
            "group": group(default=""),
            "kind": kind(default="Service"),
            "name!": object_name(),
            "namespace": namespace(),
            "port": port("Port of the Service."),
            **fields,
        },
        rules=[rules.port_for_service],
    )


def filters(edition: Edition) -> Schema:
    """What may stand under `filters` of a rule, and of a backendRef."""
    types = rules.filter_types(edition)
    fields = {
        "requestHeaderModifier": _header_modifier("Headers of the request.", edition),
        "responseHeaderModifier": _header_modifier("Headers of the response.", edition),
        "requestMirror": _MIRROR,
        "requestRedirect": _redirect(edition),
        "urlRewrite": record(
            "What the backend sees.", {"hostname": hostname("The Host header."), "path": _path_modifier()}
        ),
        "extensionRef": record(
            "A filter of the implementation.", {"group!": group(), "kind!": kind(), "name!": object_name()}
        ),
        "cors": _cors(edition),
        "externalAuth": _external_auth(edition),
    }
    one = record(
        "One filter.",
        {
            "type!": choice("Which of the fields below is set.", *types),
            **{name: fields[name] for name in types.values()},
        },
        rules=rules.filter_rules(edition),
    )
    return listing("What happens to requests and responses.", one, most=16, rules=rules.filter_list(edition))


def _header_modifier(doc: str, edition: Edition) -> Schema:
    header = record("One header.", {"name!": header_name(), "value!": header_value("Value.", edition)})
    return record(
        doc,
        {
            "set": listing("Headers to set, in place of what is there.", header, keys=["name"], most=16),
            "add": listing("Headers to add to what is there.", header, keys=["name"], most=16),
            "remove": strings("Headers to take out.", unique=True, most=16),
        },
    )


def _path_modifier() -> Schema:
    return record(
        "How the path changes.",
        {
            "type!": choice("Which of the fields below is set.", "ReplaceFullPath", "ReplacePrefixMatch"),
            "replaceFullPath": text("The new path.", most=1024),
            "replacePrefixMatch": text("What the matched prefix becomes.", most=1024),
        },
        rules=rules.PATH_MODIFIER,
    )


_MIRROR = record(
    "Where copies of the requests go.",
    {
        "backendRef!": backend_reference("Backend of the copies.", {}),
        "percent": integer("Share of the requests, in percent.", least=0, most=100),
        "fraction": record(
            "Share of the requests, as a fraction.",
            {
                "numerator!": integer("Upper number.", least=0),
                "denominator": integer("Lower number.", least=1, default=100),
            },
            rules=[rules.numerator_within_denominator],
        ),
    },
    rules=[rules.percent_or_fraction],
)


def _redirect(edition: Edition) -> Schema:
    statuses = (301, 302) if edition.release == "1.4" else (301, 302, 303, 307, 308)
    return record(
        "Where clients are sent.",
        {
            "scheme": choice("Scheme of the new URL.", "http", "https"),
            "hostname": hostname("Host of the new URL."),
            "path": _path_modifier(),
            "port": port("Port of the new URL."),
            "statusCode": choice("Status to answer with.", *statuses, default=302),
        },
    )


def _cors(edition: Edition) -> Schema:
    older = edition.release == "1.4"
    origin = text("One origin, or * for any.", least=1, most=253, pattern=_ANY_SCHEME if older else _HTTP)
    names = [] if older else [rules.star_alone("AllowHeaders", "methods")]
    return record(
        "Which pages of other origins may send requests.",
        {
            "allowCredentials": flag("Whether they may send credentials."),
            "allowHeaders": listing("Headers that they may send.", header_name(), unique=True, most=64, rules=names),
            "allowMethods": listing(
                "Methods that they may use.",
                choice("One method.", *_METHODS),
                unique=True,
                most=9,
                rules=[rules.star_alone("AllowMethods", "methods")],
            ),
            "allowOrigins": listing(
                "The origins.", origin, unique=True, most=64, rules=[rules.star_alone("AllowOrigins", "origins")]
            ),
            "exposeHeaders": listing("Headers that they may read.", header_name(), unique=True, most=64),
            "maxAge": integer("For how many seconds the answer holds.", least=1, default=5),
        },
    )


def _external_auth(edition: Edition) -> Schema:
    def allowed(doc: str) -> Schema:
        return strings(doc, unique=True, most=None if edition.release == "1.4" else 64)

    return record(
        "A server that decides about each request.",
        {
            "protocol!": choice("How it is asked.", "HTTP", "GRPC"),
            "backendRef!": backend_reference("The server.", {}),
            "grpc": record("For GRPC.", {"allowedHeaders": allowed("Headers that it is sent.")}),
            "http": record(
                "For HTTP.",
                {
                    "path": text("Path that it is asked at.", most=1024, pattern=rules.PLAIN_PATH),
                    "allowedHeaders": allowed("Headers that it is sent."),
                    "allowedResponseHeaders": allowed("Headers of its answer that go on."),
                },
            ),
            "forwardBody": record(
                "Whether it is sent the body.", {"maxSize": integer("As long as that at most.", format="")}
            ),
        },
        rules=rules.EXTERNAL_AUTH,
    )
