"""Known differences of released gateways from what is documented, as lists in fixtures/deviations/NAME.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.core.fixtures import fixtures, shown
from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, read_documents
from conformance.exchange.expectations.base import Refuted
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.steadiness import Share
from conformance.stage.target import GatewayAt
from conformance.targets.releases import numbers
from conformance.verdict.results import Outcome

__all__ = ["SIGNS", "Deviation", "find", "judge_listed", "list_for", "load", "names", "parse", "within"]

NONE = "none"
_TEXTS = ("case", "versions", "instead", "why", "reference")
_FIELDS = (*_TEXTS, "test", "targets", "sign", "everywhere", "sometimes")
_BOUND = re.compile(r"(>=|<=|==|<|>)\s*(\d+(?:\.\d+)*)")
_SINCE = (((0, 10), "kgateway-2.1"), ((1, 0), "agentgateway-1.4"))
"""From which version on a list is the one to take."""


@dataclass(frozen=True)
class Deviation:
    """One entry: what `case` finds `instead` in these versions, and why that matters to an operator.

    `test`: only tests whose id holds this text. `targets`: only on these; empty: on all. `sign`: the evidence (one of
    `SIGNS`) that a failure must show to be this deviation. `everywhere`: so must any other case's failure.
    `sometimes`: it depends on what else the gateway has to do, so that not to see it
    refutes nothing.
    """

    case: str
    versions: str
    instead: str
    why: str
    reference: str
    test: str = ""
    targets: tuple[str, ...] = ()
    sign: str = ""
    everywhere: bool = False
    sometimes: bool = False

    def covers(self, case: str, test: str) -> bool:
        """Whether it is about this test of this case."""
        return self.case == case and self.test in test

    def shows(self, error: BaseException | None) -> bool:
        """Whether a failure has the evidence that makes it this deviation, and no more than that."""
        return not self.sign or (isinstance(error, Refuted) and SIGNS[self.sign](error))

    def applies(self, version: str, target: str) -> bool:
        """Whether it is about this version of the gateway on this target."""
        return (not self.targets or target in self.targets) and within(self.versions, version)

    @property
    def told(self) -> str:
        """The entry in one line."""
        return f"{self.instead} ({self.reference})"


def _abouts(refuted: Refuted) -> set[Facet]:
    """What is wrong; that only some of many exchanges failed adds nothing when these failed alike."""
    return {one.about for one in refuted.mismatches if not (isinstance(one.detail, Share) and one.detail.alike)}


def _clients_host(refuted: Refuted) -> bool:
    """All that is wrong is that the client's own Host went upstream."""
    exchange = refuted.exchange
    if exchange is None or not exchange.arrivals or _abouts(refuted) != {Facet.AUTHORITY}:
        return False
    own = exchange.request.values("host") or [GatewayAt.authority]
    return all(one.values("host") == own for one in exchange.arrivals)


def _clients_authorization(refuted: Refuted) -> bool:
    """All that is wrong is that the client's own Authorization went up beside the key, which has another header."""
    exchange = refuted.exchange
    if exchange is None or not {one.about for one in refuted.mismatches} <= {Facet.CREDENTIAL, Facet.LEAK}:
        return False
    key, own = exchange.expected.credential, exchange.request.values("authorization")
    if key is None or key[0].lower() == "authorization" or not own or not exchange.arrivals:
        return False
    return all((one.values(key[0]), one.values("authorization")) == ([key[1]], own) for one in exchange.arrivals)


SIGNS: Mapping[str, Callable[[Refuted], bool]] = {
    "the client's Host": _clients_host,
    "the client's Authorization": _clients_authorization,
}


def find(
    listed: Sequence[Deviation], case: str, test: str, outcome: Outcome | None, error: BaseException | None = None
) -> Deviation | None:
    """The entry that a test's outcome has to do with, that of its own case first. Without outcome: that case's."""
    own = [one for one in listed if one.covers(case, test)]
    if outcome is not Outcome.FAIL:
        return next(iter(own), None)
    return next((one for one in (*own, *(one for one in listed if one.everywhere)) if one.shows(error)), None)


def judge_listed(outcome: Outcome, known: Deviation | None, *, documented: bool) -> tuple[Outcome, str] | None:
    """What a case's outcome comes to when a list has an entry for it, with the reason; None: nothing else.

    With manifests that are not the page's, or not written as documented (`documented` False), it need not show.
    """
    if known is None:
        return None
    if outcome is Outcome.FAIL:
        return Outcome.DEVIATION, known.told
    if outcome is Outcome.PASS and documented and known.sometimes:
        # Not to have seen it once refutes nothing.
        return Outcome.DEVIATION, f"{known.told}; not seen this time"
    if outcome is Outcome.PASS and documented:
        return Outcome.FAIL, f"listed deviation no longer occurs: {known.told}"
    return None


def list_for(version: str) -> str:
    """The name of the list that goes with an agentgateway of this version; `none` when that tells no version."""
    return next((name for since, name in reversed(_SINCE) if numbers(version) >= since), NONE)


def names() -> list[str]:
    """The lists that there are."""
    return sorted(path.stem for path in fixtures("deviations").glob("*.yaml"))


def load(name: str, cases: Iterable[str], *, version: str, target: str) -> tuple[Deviation, ...]:
    """The entries of a list that are about this version on this target. Raises InputProblem."""
    if name == NONE:
        return ()
    if name not in names():
        raise InputProblem(f"--deviations {name}: unknown", remedy=f"one of: {', '.join((*names(), NONE))}")
    path = fixtures("deviations", f"{name}.yaml")
    found = parse(path.read_text(encoding="utf-8"), path, set(cases))
    return tuple(one for one in found if one.applies(version, target))


def parse(text: str, path: Path, cases: set[str]) -> list[Deviation]:
    """The entries of a list. Raises InputProblem that says where and what is wrong."""
    documents = read_documents(text, shown(path))
    if len(documents) != 1 or not isinstance(documents[0].data, list):
        raise InputProblem("a list of deviations is expected", position=Position(shown(path)))
    document = documents[0]
    found = [_entry(document, number, data, cases) for number, data in enumerate(document.data)]
    _check_unambiguous(document, found)
    return found


def _entry(document: Document, number: int, data: Any, cases: set[str]) -> Deviation:
    if not isinstance(data, dict):
        raise InputProblem("an entry is a mapping", position=document.at(number))
    for name in data:
        if name not in _FIELDS:
            known = ", ".join(_FIELDS)
            raise InputProblem("unknown field", position=document.at(number, name), field=name, remedy=f"use {known}")
    for name in _TEXTS:
        if not isinstance(data.get(name), str) or not data[name].strip():
            raise InputProblem("a text is expected", position=document.at(number, name), field=name)
    if data["case"] not in cases:
        remedy = "see `agw-conformance cases`"
        raise InputProblem("there is no such case", position=document.at(number, "case"), field="case", remedy=remedy)
    if _BOUND.sub("", data["versions"]).strip(" ,"):
        position = document.at(number, "versions")
        raise InputProblem("not a version range", position=position, field="versions", remedy='like ">=0.10, <0.11"')
    targets = data.get("targets", [])
    if not isinstance(targets, list) or not isinstance(data.get("test", ""), str):
        raise InputProblem("targets is a list, test a text", position=document.at(number))
    _check_sign(document, number, data)
    texts = {name: " ".join(data[name].split()) for name in _TEXTS}
    return Deviation(
        **texts,
        test=data.get("test", ""),
        targets=tuple(map(str, targets)),
        sign=data.get("sign", ""),
        everywhere=data.get("everywhere", False),
        sometimes=data.get("sometimes", False),
    )


def _check_sign(document: Document, number: int, data: Mapping[str, Any]) -> None:
    sign, everywhere = data.get("sign", ""), data.get("everywhere", False)
    if sign not in ("", *SIGNS):
        remedy = f"one of: {', '.join(SIGNS)}"
        raise InputProblem("there is no such sign", position=document.at(number, "sign"), field="sign", remedy=remedy)
    if not isinstance(everywhere, bool) or (everywhere and not sign):
        raise InputProblem("everywhere is true or false, and needs a sign", position=document.at(number))
    if not isinstance(data.get("sometimes", False), bool):
        raise InputProblem("sometimes is true or false", position=document.at(number))


def _check_unambiguous(document: Document, found: Sequence[Deviation]) -> None:
    seen: set[tuple[str, str, str, tuple[str, ...]]] = set()
    for number, one in enumerate(found):
        key = (one.case, one.test, one.versions, one.targets)
        if key in seen:
            raise InputProblem("the same entry stands twice", position=document.at(number), field="case")
        seen.add(key)


def within(versions: str, version: str) -> bool:
    """Whether a version is one of `versions`, bounds such as `>=1.4 <2`."""
    here = numbers(version)
    return all(_holds(here, operator, numbers(bound)) for operator, bound in _BOUND.findall(versions))


def _holds(here: tuple[int, ...], operator: str, bound: tuple[int, ...]) -> bool:
    # 1.4.1 is no more than 1.4 when the bound says no more: a bound's precision is what counts.
    cut = here[: len(bound)]
    return {
        ">=": cut >= bound,
        "<=": cut <= bound,
        "==": cut == bound,
        "<": cut < bound,
        ">": cut > bound,
    }[operator]
