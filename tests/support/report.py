"""Evidence and results made by hand, for tests of reports."""

from __future__ import annotations

from typing import Any

from conformance.core.problems import Place, Position
from conformance.report.facts import RunFacts, run_facts
from conformance.stage.case import Level
from conformance.stage.settings import Settings
from conformance.stage.target import Implementation
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.verdict.evidence import ConnectionData, ExchangeData
from conformance.verdict.results import Outcome, Result, Verdict

__all__ = ["FACTS", "HOSTILE", "REFERENCE", "VERDICT", "connection", "exchange", "result"]

REFERENCE = Implementation("us", "reference gateway", "https://example.test", "9.9", product=False)
FACTS: RunFacts = run_facts(Settings((), EmbeddedOptions()), REFERENCE, None, ["-k", "opal and tls"])

HOSTILE = "</script><img src=x onerror=alert(1)>\"'`|\n::error::@all &lt;"
"""What a gateway might answer."""


def connection(host: str = "api.opal.test", *, failure: str = "", tls: bool = True) -> ConnectionData:
    """A connection; with a failure its handshake did not succeed."""
    facts: Any = {
        "sni": host,
        "alpnOffered": ["h2", "http/1.1"],
        "versionsOffered": ["TLSv1.3", "TLSv1.2"],
        "completed": not failure,
        "version": "" if failure else "TLSv1.3",
        "alpn": "" if failure else "http/1.1",
        "failure": failure,
    }
    kind = "tls" if tls else "plaintext-on-tls-port"
    return {"host": host, "port": 443, "kind": kind, "tls": facts if tls else None}


def exchange(*, arrived: bool = True, text: str = "{}", refuted: bool = True, **fields: Any) -> ExchangeData:
    """An exchange whose request arrived, or else failed at the handshake."""
    body = {"text": text, "size": len(text), "cut": False}
    headers = [["Host", "api.opal.test"], ["Authorization", "Bearer <opal-key>"], ["x-odd", text]]
    arrival = {
        "connection": connection(),
        "method": "POST",
        "target": "/v1/v1/chat?a=1&b=",
        "version": "1.1",
        "headers": headers,
        "body": {"text": '{"model": "opal-large"}', "size": 23, "cut": False},
        "outcome": "answered",
        "status": 404,
    }
    made: Any = {
        "began": 1_790_000_000.5,
        "seconds": 0.0125,
        "refuted": refuted,
        "request": {"method": "POST", "path": "/opal", "headers": [["Content-Type", "application/json"]], "body": body},
        "response": {"status": 404, "headers": [["content-type", "text/plain"]], "body": body, "error": ""},
        "arrivals": [arrival] if arrived else [],
        "connections": [] if arrived else [connection(failure="unknown ca")],
        "expected": {
            "answer": "",
            "place": "api.opal.test:443",
            "tls": "TLS, SNI api.opal.test",
            "target": "/v1/chat",
            "authority": "api.opal.test",
            "credential": "Authorization: Bearer <opal-key>",
            "model": "opal-large",
        },
        "log": ["a line"],
    }
    return {**made, **fields}  # type: ignore[typeddict-item]


def result(outcome: Outcome = Outcome.PASS, level: Level = Level.MUST, **fields: Any) -> Result:
    """A result of the case path/x for the provider opal."""
    given: dict[str, Any] = {
        "test": "test_x[opal]",
        "case": "path/x",
        "area": "path",
        "level": level,
        "statement": "It is `so`.",
        "source": "SEED",
        "providers": ("opal",),
        "outcome": outcome,
    }
    return Result(**{**given, **fields})


DIFFERENCE: Any = {"about": "target", "expected": "/v1/chat", "observed": "/v1/v1/chat"}

VERDICT = Verdict(
    Level.SHOULD,
    [
        result(exchanges=(exchange(refuted=False),), omitted=2),
        result(
            Outcome.FAIL,
            test="test_y[opal]",
            cause="'/v1' stands twice",
            remedy="write it once",
            where=Place(Position("opal.yaml", 28, 9), "spec.path"),
            reason="target: expected /v1/chat, observed /v1/v1/chat",
            differences=(DIFFERENCE,),
            exchanges=(exchange(), exchange(arrived=False, refuted=False)),
            again="agw-conformance run --case path/x",
        ),
        result(Outcome.FAIL, Level.MAY, test="test_m[opal]", case="tls/m", area="tls", cause=HOSTILE, remedy="none"),
        result(Outcome.DEVIATION, test="test_d[opal]", reason="D1 `as` listed", exchanges=(exchange(text=HOSTILE),)),
        result(Outcome.NOT_APPLICABLE, test="test_n[opal]", reason=HOSTILE),
        result(Outcome.OBSERVED, Level.INFO, case="body/o", area="body", observations=(HOSTILE,)),
        result(
            Outcome.SETUP_ERROR,
            test="test_e[opal+ruby]",
            providers=("opal", "ruby"),
            reason="port taken",
            explanation=("boom",),
        ),
    ],
)
