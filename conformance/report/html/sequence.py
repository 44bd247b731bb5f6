"""The sequence drawing of an exchange: what went from whom to whom, and at which arrow it differed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.core.startup.records import dataclass
from conformance.exchange.expectations.facet import Facet
from conformance.verdict.evidence import ArrivalData, ConnectionData, ExchangeData
from conformance.verdict.results import MismatchData

__all__ = ["Step", "facet_place", "sequence"]

CLIENT, GATEWAY, LOOKALIKE = 0, 1, 2

_CONNECTION = (Facet.TLS, Facet.PLAINTEXT, Facet.ELSEWHERE, Facet.REACHED, Facet.ISOLATION, Facet.FAILOVER)
_UPSTREAM = (
    *(Facet.TARGET, Facet.AUTHORITY, Facet.CREDENTIAL, Facet.MODEL, Facet.BODY, Facet.BODY_SIZE, Facet.HEADER),
    *(Facet.ENCODING, Facet.FRAMING, Facet.PLACEHOLDER, Facet.LEAK, Facet.ARRIVAL, Facet.HANG_UP),
    *(Facet.SECOND_REQUEST, Facet.SHARE, Facet.METHOD, Facet.CONCURRENCY),
)
_MOST = 3
_LONGEST = 46


@dataclass(frozen=True)
class Step:
    """One arrow; texts are short, but for `whole`.

    `below` tells of the connection, `notes` what was expected of what differs. `lost`: it did not get to its end.
    """

    start: int
    end: int
    text: str
    whole: str
    below: tuple[str, ...] = ()
    lost: bool = False
    notes: tuple[str, ...] = ()
    below_differs: bool = False

    @property
    def differs(self) -> bool:
        """Whether something here was not as expected."""
        return bool(self.notes)


def facet_place(about: Facet) -> str:
    """Where a facet is seen: on the `connection`, in the request `upstream`, or in the `answer` to the client."""
    if about in _CONNECTION:
        return "connection"
    return "upstream" if about in _UPSTREAM else "answer"


def sequence(exchange: ExchangeData, differences: Sequence[MismatchData]) -> list[Step]:
    """The arrows in order, top to bottom."""
    notes = {place: _notes(differences, place) for place in ("connection", "upstream", "answer")}
    request, response = exchange["request"], exchange["response"]
    steps = [_step(CLIENT, GATEWAY, f"{request['method']} {request['path']}")]
    steps += _upstream(exchange, notes["connection"], notes["upstream"])
    answer = str(response["status"]) if response["status"] else f"no answer: {response['error']}"
    if response["status"] and response["error"]:
        answer += f", broken off: {response['error']}"
    steps.append(_step(GATEWAY, CLIENT, answer, lost=not response["status"], notes=notes["answer"]))
    return steps


def _upstream(exchange: ExchangeData, connection: tuple[str, ...], request: tuple[str, ...]) -> Iterator[Step]:
    arrivals, connections = exchange["arrivals"], exchange["connections"]
    for number, one in enumerate(connections[:_MOST]):
        yield _connected(one, (*connection, *request) if not number and not arrivals else ())
    for number, arrival in enumerate(arrivals[:_MOST]):
        yield from _arrived(arrival, (*connection, *request) if not number else (), bool(connection) and not number)
    if (more := len(arrivals[_MOST:]) + len(connections[_MOST:])) > 0:
        yield _step(GATEWAY, LOOKALIKE, f"and {more} more")
    demanded = not exchange["expected"]["answer"]
    if not arrivals and not connections and (demanded or connection or request):
        yield _step(GATEWAY, LOOKALIKE, "nothing arrived", lost=True, notes=(*connection, *request))


def _connected(connection: ConnectionData, notes: tuple[str, ...]) -> Step:
    failure = connection["tls"]["failure"] if connection["tls"] else ""
    text = "TLS handshake failed" if failure else "connected, sent no request"
    # Who closes a connection is told from the lookalike's side, whose client is the gateway.
    below = (*_place(connection), *([failure.replace("the client", "the gateway")] if failure else []))
    return _step(GATEWAY, LOOKALIKE, text, below=below, lost=True, notes=notes)


def _arrived(arrival: ArrivalData, notes: tuple[str, ...], odd: bool) -> Iterator[Step]:
    text = f"{arrival['method']} {arrival['target']}"
    yield replace(_step(GATEWAY, LOOKALIKE, text, below=_place(arrival["connection"]), notes=notes), below_differs=odd)
    if arrival["status"]:
        yield _step(LOOKALIKE, GATEWAY, str(arrival["status"]))
    elif arrival["outcome"] != "open":
        yield _step(LOOKALIKE, GATEWAY, arrival["outcome"], lost=True)


def _place(connection: ConnectionData) -> tuple[str, str]:
    tls = connection["tls"]
    how = f"{tls['version'] or 'TLS'}, SNI {tls['sni'] or 'none'}" if tls else connection["kind"]
    return f"{connection['host']}:{connection['port']}", how


def _notes(differences: Sequence[MismatchData], place: str) -> tuple[str, ...]:
    found = [one for one in differences if facet_place(Facet(one["about"])) == place]
    return tuple(_short(f"{one['about']}: expected {one['expected']}", _LONGEST + 8) for one in found[:2])


def _step(
    start: int, end: int, text: str, *, below: tuple[str, ...] = (), lost: bool = False, notes: tuple[str, ...] = ()
) -> Step:
    return Step(
        start,
        end,
        _short(text, _LONGEST - (5 if notes else 0)),
        text,
        tuple(_short(one, 56) for one in below),
        lost,
        notes,
    )


def _short(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
