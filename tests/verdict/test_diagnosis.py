"""Which cause is named for which evidence: exchanges made by hand, one for each rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.core.problems import Place, Position
from conformance.core.providers.provider import Provider
from conformance.core.redaction import register_key
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Change, Mismatch
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.statuses import Condition
from conformance.exchange.messages import ClientRequest, ClientResponse
from conformance.exchange.oracle.upstream import Expected, GatewayAnswer, expect
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Origin
from conformance.stage.case import Case, Level
from conformance.stage.scenario.scenario import DOCUMENTED, Scenario
from conformance.verdict.diagnosis.rules import Diagnosis, Failure, diagnose, diagnose_refusal
from conformance.verdict.explanation import explain
from mock_providers.journal import ConnectionKind, ConnectionSeen, RequestSeen, TlsFacts
from tests.support.nimbus import KEY, nimbus
from tests.support.nimbus_agentgateway_1 import configured

HOST, PORT = "llm.nimbus.example", 8443
TARGET = "/api/v3/chat/completions"
CREDENTIAL = ("x-nimbus-token", f"Nimbus {KEY}")


def connection(*, kind: ConnectionKind = "tls", host: str = HOST, sni: str | None = HOST, **tls: Any) -> ConnectionSeen:
    facts = TlsFacts(sni, ("http/1.1",), ("TLSv1.3",), **{"completed": True, "version": "TLSv1.3", **tls})
    return ConnectionSeen(1, host, PORT, "127.0.0.1", kind, facts if kind == "tls" else None)


FACTS = Provider("nimbus", "Nimbus", HOST, PORT, TARGET, models=("cumulus-3-chat", "x"))
PLAINTEXT = connection(kind="plaintext-on-tls-port")
FAILED = connection(completed=False, failure="tlsv1 alert unknown ca")
AS_MISSPELT = connection(sni="lm.nimbus.example", completed=False, failure="tlsv1 alert unknown ca")


def arrival(*headers: tuple[str, str], target: str = TARGET, status: int = 200, on: Any = None) -> RequestSeen:
    seen = RequestSeen(2, on or connection(), "POST", target, "1.1", headers or (CREDENTIAL,), b'{"model":"m"}', True)
    seen.status = status
    return seen


def unknown_model(status: int) -> RequestSeen:
    seen = arrival(status=status)
    seen.refused = "unknown_model"
    return seen


def diagnosed(
    about: Facet,
    *arrivals: RequestSeen,
    edits: tuple[tuple[str, str], ...] = (),
    path: str = "/nimbus",
    sent: tuple[tuple[str, str], ...] = (),
    status: int | None = 200,
    connections: tuple[ConnectionSeen, ...] | None = None,
    scenario: Scenario = DOCUMENTED,
    detail: object = None,
) -> Diagnosis:
    """The diagnosis of a mismatch about this facet."""
    register_key("nimbus-key", KEY)
    configuration = read_configuration(nimbus(*edits))
    request = ClientRequest("POST", path, sent, b"{}")
    wanted = expect(configuration, request)
    opened = [one.connection for one in arrivals] if connections is None else list(connections)
    exchange = Exchange(request, ClientResponse(status, body=b"an answer"), arrivals, opened, wanted)
    return diagnose(
        Failure(exchange, (Mismatch(about, "this", "that", detail=detail),), configuration, scenario, FACTS)
    )


NO_POLICY = (("  - name: nimbus\n    kind: Backend", "  - name: other\n    kind: Backend"),)
ELSEWHERE = (("name: nimbus-tls\n  namespace: llm", "name: nimbus-tls\n  namespace: far"),)
NO_TRUST = (("    wellKnownCACertificates: System\n", "    caCertificateRefs: [{kind: ConfigMap, name: gone}]\n"),)
MISSPELT = (("    hostname: llm", "    hostname: lm"),)
OTHER_NAMES = (("well", "subjectAltNames: [{type: Hostname, hostname: b.example}]\n    well"),)
OWN_NAME = (("well", "subjectAltNames: [{type: Hostname, hostname: llm.nimbus.example}]\n    well"),)
NO_MODEL = (("        model: cumulus-2-chat\n", ""),)
NO_PATH = (("      path:\n        full: /api/v3/chat/completions\n", ""),)
NO_SECRET = (("            name: nimbus-key", "            name: gone"),)
OWN = ("Authorization", "Bearer sk-client-own-key")
CLIENTS = ("x-nimbus-token", "Nimbus sk-client-own-key")


@pytest.mark.parametrize(
    ("about", "arrivals", "options", "cause"),
    [
        ("tls", [arrival(on=PLAINTEXT)], {"edits": NO_POLICY}, "no BackendTLSPolicy is in force for Backend nimbus"),
        ("tls", [arrival(on=PLAINTEXT)], {"edits": NO_POLICY}, "targets Backend.gateway.kgateway.dev other instead"),
        ("tls", [arrival(on=PLAINTEXT)], {"edits": ELSEWHERE}, "nimbus-tls at nimbus.yaml:59:5 is in another"),
        ("tls", [], {"connections": (PLAINTEXT,)}, "spoke plaintext although a BackendTLSPolicy is in force"),
        ("tls", [], {"connections": (PLAINTEXT,), "edits": NO_TRUST}, "fell back to plaintext"),
        ("status", [], {"connections": (FAILED,), "status": 503}, "broke off the TLS handshake: tlsv1 alert"),
        ("status", [], {"connections": (AS_MISSPELT,), "edits": MISSPELT}, "'lm.nimbus.example' differs from the"),
        ("status", [], {"connections": (FAILED,), "edits": MISSPELT}, "hostname lm.nimbus.example: llm.nimbus.example"),
        ("status", [], {"connections": (FAILED,), "edits": NO_TRUST}, "caCertificateRefs name no usable authority"),
        ("status", [], {"connections": (FAILED,), "edits": OTHER_NAMES}, "(b.example) are verified in place of"),
        ("status", [], {"connections": (connection(),), "status": 503, "edits": OTHER_NAMES}, "is for none of them"),
        ("status", [], {"connections": (connection(),), "status": 503, "edits": OWN_NAME}, "handshake: 'an answer'"),
        ("status", [], {"connections": (connection(completed=False),)}, "the TLS handshake: the connection ended"),
        ("tls", [arrival(on=connection(sni=None))], {}, "sent no server name (SNI is empty)"),
        ("tls", [arrival(on=connection(sni="x"))], {}, "another server name than the policy's"),
        ("tls", [arrival()], {"edits": NO_POLICY}, "TLS although no BackendTLSPolicy"),
        ("arrival", [arrival()], {"scenario": Scenario("w", identity="wrong-name")}, "not verify the certificate"),
        ("leak", [arrival()], {"scenario": Scenario("x", identity="expired")}, "accepted an expired certificate"),
        ("arrival", [arrival()], {"edits": NO_TRUST}, "although the policy's authorities are unusable"),
        ("arrival", [arrival()], {"edits": MISSPELT}, "did not verify the certificate's name against the policy"),
        ("credential", [arrival(("host", "x"))], {}, "sent no key: the header x-nimbus-token is missing"),
        ("status", [arrival(("host", "x"), status=401)], {"status": 401}, "sent no key: the header x-nimbus-token"),
        ("credential", [arrival(CREDENTIAL, CLIENTS)], {"sent": (CLIENTS,)}, "key was forwarded beside the Backend's"),
        ("credential", [arrival(CLIENTS)], {"sent": (CLIENTS,)}, "own key was forwarded in place of the Backend's"),
        ("leak", [arrival(OWN)], {"sent": (OWN,), "edits": NO_SECRET}, "the request went out although the Secret gone"),
        ("credential", [arrival(CREDENTIAL, OWN)], {"sent": (OWN,)}, "Authorization was forwarded beside the key"),
        ("credential", [arrival(("x-nimbus-token", "Nimbus x"))], {}, "another credential than configured: Nimbus x"),
        ("leak", [arrival(CREDENTIAL)], {}, "sent a key where none may go"),
        ("leak", [], {}, "a key is visible where it must not be"),
        ("placeholder", [arrival()], {}, "a placeholder was sent where the key belongs"),
        ("target", [arrival(target=f"{TARGET}?x=1")], {"path": "/nimbus?x=1"}, "the client's query string was kept"),
        ("target", [arrival(target="/nimbus")], {}, "the path was not replaced: the client's own path went upstream"),
        ("target", [arrival(target="/nimbus", status=404)], {"edits": NO_PATH}, "example has no path '/nimbus'"),
        ("target", [arrival(target="/v1/other")], {}, "made another path than configured"),
        ("model", [arrival()], {}, "the gateway sent another model than configured: m"),
        ("model", [arrival()], {"edits": NO_MODEL}, "changed the client's model although the Backend has none"),
        ("response model", [arrival()], {}, "changed the model that the provider's answer names"),
        ("streaming", [arrival()], {}, "buffered instead of streamed"),
        ("status", [arrival(status=401)], {"status": 401}, "llm.nimbus.example does not accept the key that was sent"),
        ("status", [arrival(status=400)], {"status": 400}, "llm.nimbus.example refused the request: an answer"),
        ("status", [arrival(status=404)], {"status": 404}, f"llm.nimbus.example has no path '{TARGET}'"),
        ("status", [unknown_model(400)], {"status": 400}, "does not know the model cumulus-2-chat; its facts list cum"),
        ("status", [unknown_model(404)], {"status": 404, "edits": NO_MODEL}, "not know the model of the request; its"),
        ("status", [arrival(status=404, target="/v1/v1/c")], {"status": 404}, "'/v1' stands twice in it"),
        ("arrival", [arrival()], {"path": "/nimbusx"}, "must not match: prefixes go by segments"),
        ("arrival", [arrival()], {"edits": NO_SECRET}, "the request went out although the Secret gone"),
        ("status", [], {"edits": NO_SECRET, "status": 500}, "the Secret gone that Backend llm/nimbus refers to"),
        ("status", [], {"edits": NO_SECRET, "status": 404}, "the gateway answered 404 instead of 500"),
        ("status", [], {"status": 404}, "has no route for POST /nimbus, although one of the manifests matches it"),
        ("status", [], {"status": 503, "connections": ()}, "by itself: 'an answer'; it never connected to llm.nimbus"),
        ("example output", [arrival()], {}, "the gateway did not do what the case states"),
    ],
)  # fmt: skip
def test_cause(about: str, arrivals: list[RequestSeen], options: dict[str, Any], cause: str) -> None:
    found = diagnosed(Facet(about), *arrivals, **options)
    assert cause in found.cause
    assert found.remedy
    assert KEY not in f"{found}"


@pytest.mark.parametrize("about", [Facet.CREDENTIAL, Facet.TARGET])
def test_what_is_right_in_each_of_two_requests_is_no_cause(about: Facet) -> None:
    twice = (arrival(), arrival())
    found = diagnosed(about, *twice)
    assert found.cause == "the gateway did not do what the case states"
    request = ClientRequest("POST", "/nimbus", (), b"{}")
    configuration = read_configuration(nimbus())
    seen = Exchange(request, ClientResponse(200), twice, [], expect(configuration, request))
    failed = (Mismatch(about, "this", "that"), Mismatch(Facet.ARRIVAL, "exactly one", "two"))
    assert (
        diagnose(Failure(seen, failed, configuration, DOCUMENTED, FACTS)).cause
        == "the gateway sent the request 2 times"
    )


def test_another_providers_key() -> None:
    register_key("stratus-key", "sk-stratus-47110815")
    found = diagnosed(Facet.CREDENTIAL, arrival(("x-nimbus-token", "Nimbus sk-stratus-47110815")))
    assert found.cause == "the key of another provider was sent: stratus's"


def test_a_change_that_the_gateway_does_not_follow() -> None:
    found = diagnosed(Facet.CHANGE, detail=Change("Backend.x llm/a within 3 s", 20.4))
    assert found.cause.startswith("20 s after the change of Backend.x llm/a within 3 s the gateway still does not do")
    # What it does is told besides; what it does otherwise than before is told alone.
    change = Change("Secret llm/a", 1.0, "deletion")
    found = diagnosed(Facet.CHANGE, connections=(), status=404, detail=change)
    assert found.cause.startswith("1 s after the deletion of Secret llm/a the gateway still does not do what the man")
    assert found.cause.endswith("although one of the manifests matches it")
    found = diagnosed(Facet.CHANGE, connections=(), status=404, detail=replace(change, still=False))
    assert found.cause.startswith("the gateway has no route for POST /nimbus")


def test_a_status_that_refuses_the_routes_filters() -> None:
    expected = Expected(answer=GatewayAnswer(500, "two filters"), because={"backend": Origin(nimbus().one("Backend"))})
    reason = Condition("Accepted", "False", "IncompatibleFilters")
    found = diagnose_refusal(expected, [Mismatch(Facet.CONDITION_REFUSES, "", "", detail=reason)])
    assert found == Diagnosis("two filters", "mend the manifests", Place(nimbus().one("Backend").at()), "routing")
    assert diagnose_refusal(expected, [Mismatch(Facet.ADMISSION, "", "says IncompatibleFilters")]) is None
    assert diagnose_refusal(Expected(), [Mismatch(Facet.CONDITION_REFUSES, "", "", detail=reason)]) is None


def test_what_a_policy_answers_by_itself_stands_in_the_policy() -> None:
    policy = """---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: p, namespace: llm}
spec:
  targetRefs: [{kind: HTTPRoute, name: stratus}]
  traffic:
    directResponse: {status: 503}
"""
    configuration = configured(extra=policy)
    request = ClientRequest("POST", "/stratus", (), b"{}")
    exchange = Exchange(request, ClientResponse(None), (), [], expect(configuration, request))
    found = diagnose(Failure(exchange, (Mismatch(Facet.ARRIVAL, "", ""),), configuration, DOCUMENTED))
    assert found.cause == "a policy has it answer directly"
    assert str(found.where) == "stratus.yaml:40:5 spec.traffic.directResponse"


def test_where_the_mistake_stands_and_how_to_mend_it() -> None:
    found = diagnosed(Facet.STATUS, connections=(AS_MISSPELT,), edits=MISSPELT, status=503)
    assert (str(found.where), found.remedy) == (
        "nimbus.yaml:63:5 spec.validation.hostname",
        "set validation.hostname to llm.nimbus.example",
    )
    found = diagnosed(Facet.STATUS, arrival(status=404, target="/a/b/a/b/c"), status=404)
    assert (str(found.where), found.remedy) == ("nimbus.yaml:31:9 spec.ai.llm.path.full", "write it once: /a/b/c")
    found = diagnosed(Facet.STATUS, arrival(status=404, target="/a"), status=404)
    assert found.remedy == f"set path.full to {TARGET}"
    found = diagnosed(Facet.STATUS, unknown_model(404), status=404)
    assert found.cause.endswith("does not know the model cumulus-2-chat; its facts list cumulus-3-chat, x")
    assert (str(found.where), found.remedy) == (
        "nimbus.yaml:24:9 spec.ai.llm.openai.model",
        "set model to cumulus-3-chat",
    )


def explained(exchange: Exchange | None, diagnosis: Diagnosis | None) -> list[str]:
    case = Case("path/x", Level.MUST, "It is so.", "SEED 4", (31,), DOCUMENTED, (DOCUMENTED,), explained)
    mismatches = [Mismatch(Facet.TARGET, "/a", "/b"), Mismatch(Facet.CREDENTIAL, "Nimbus x", f"Nimbus {KEY}")]
    return explain(case, ("opal", "ruby"), mismatches, diagnosis, exchange, "agw-conformance run --case path/x")


def test_a_failure_says_all_in_order() -> None:
    register_key("nimbus-key", KEY)
    request = ClientRequest("POST", "/nimbus", (), b"{}")
    seen = arrival(CREDENTIAL, ("Authorization", "Bearer x"), ("accept", "*/*"))
    exchange = Exchange(
        request,
        ClientResponse(200, body=b"x" * 300),
        [seen],
        [seen.connection, connection(kind="empty"), connection(sni=None, completed=False, failure="reset")],
        expect(read_configuration(nimbus()), request),
        [f"line {number}" for number in range(20)],
    )
    exchange.connections[1].sequence = exchange.connections[2].sequence = 9
    lines = explained(exchange, Diagnosis("because", "mend it", Place(Position("file", 1, 2), "spec.x")))
    assert lines[:13] == [
        "MUST path/x [opal+ruby]",
        "  It is so.",
        "  Source: SEED 4",
        "",
        "  target",
        "    expected  /a",
        "    observed  /b",
        "  credential",
        "    expected  Nimbus x",
        "    observed  Nimbus <nimbus-key>",
        "",
        "  Probable cause  because",
        "                  at file:1:2 spec.x",
    ]
    text = "\n".join(lines)
    assert "    gateway -> llm.nimbus.example:8443 (TLS, SNI llm.nimbus.example, TLSv1.3)  POST /api/v3/chat/c" in text
    assert "x-nimbus-token: Nimbus <nimbus-key>" in text
    assert "accept: */*" not in text
    assert "    gateway -> llm.nimbus.example:8443 (empty)" in text
    assert "    gateway -> llm.nimbus.example:8443 (TLS, SNI none, handshake failed: reset)" in text
    assert f"gateway -> client  200 {'x' * 237}..." in text
    assert ("line 7" in text, "line 8" in text, "line 19" in text) == (False, True, True)
    assert lines[-1] == "  Run it again    agw-conformance run --case path/x"
    assert KEY not in text


def test_a_failure_without_an_exchange_or_an_answer() -> None:
    assert explained(None, None)[-2:] == ["", "  Run it again    agw-conformance run --case path/x"]
    request = ClientRequest("POST", "/nimbus", (), b"{}")
    gone = Exchange(
        request, ClientResponse(None, error="ReadError: reset"), [], [], expect(read_configuration([]), request)
    )
    assert "    gateway -> client  no answer: ReadError: reset" in explained(gone, None)
