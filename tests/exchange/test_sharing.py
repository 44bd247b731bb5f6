"""Rules that divide traffic among Backends: what is whose, and a gateway that mixes what belongs to two of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.sharing import as_expected
from conformance.exchange.messages import ClientRequest, ClientResponse
from conformance.exchange.oracle.sharing import apart
from conformance.exchange.oracle.upstream import expect
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import BackendRef, Configuration, Origin
from conformance.manifests.objects import ObjectId
from mock_providers.journal import ConnectionSeen, RequestSeen, TlsFacts
from tests.support.nimbus import KEY, command, nimbus
from tests.support.paths import CORPUS

CANARY = CORPUS / "unusual" / "agw-canary-of-one-vendor"
GROUP = "gateway.kgateway.dev"
OWN, OTHER = (ObjectId(GROUP, "Backend", "llm", name) for name in ("nimbus", "cirrus"))


def divided(own: int, other: int) -> Configuration:
    """Nimbus, whose only rule has another Backend besides, with these weights."""
    found = read_configuration(nimbus())
    [route] = found.routes
    at = Origin(route.origin.manifest, ())
    rule = replace(route.rules[0], backends=(BackendRef(OWN, at, own), BackendRef(OTHER, at, other)))
    return replace(found, routes=(replace(route, rules=(rule,)),))


@pytest.mark.parametrize("weights", [(9, 1), (0, 0), (1, 0)])
def test_a_rule_is_left_with_its_own_backends(weights: tuple[int, int]) -> None:
    [route] = apart(divided(*weights), {OWN, OTHER}).routes
    assert [(one.id, one.weight) for one in route.rules[0].backends] == [(OWN, weights[0])]
    assert [(one.id, one.weight) for one in route.rules[0].shared] == [(OTHER, weights[1])]


def test_a_rule_that_gives_all_to_others_is_left_out() -> None:
    assert apart(divided(0, 1), {OWN, OTHER}).routes == ()


def test_a_backend_that_was_not_given_stays() -> None:
    assert apart(divided(9, 1), {OWN}) == divided(9, 1)


CREDENTIAL, TARGET, BODY = f"Nimbus {KEY}", "/api/v3/chat/completions", b'{"model":"cumulus-2-chat"}'


@pytest.mark.parametrize(
    ("key", "target", "body", "same"),
    [
        (CREDENTIAL, TARGET, BODY, True),
        ("Nimbus sk-others", TARGET, BODY, False),
        (CREDENTIAL, "/v1/others", BODY, False),
        (CREDENTIAL, TARGET, b'{"model":"others"}', False),
        (CREDENTIAL, TARGET, b"no JSON", False),
    ],
)
def test_key_path_and_model_together_tell_whose_a_request_was(key: str, target: str, body: bytes, same: bool) -> None:
    configuration = read_configuration(nimbus())
    request = ClientRequest("POST", "/nimbus", (), b"{}")
    expected = expect(configuration, request)
    facts = TlsFacts(expected.host, ("http/1.1",), ("TLSv1.3",), completed=True, version="TLSv1.3")
    connection = ConnectionSeen(1, expected.host, expected.port, "127.0.0.1", "tls", facts)
    seen = RequestSeen(2, connection, "POST", target, "1.1", (("x-nimbus-token", key),), body, True)
    exchange = Exchange(request, ClientResponse(200), (seen,), (connection,), expected)
    assert as_expected(exchange, [expected]) is same
    assert not as_expected(replace(exchange, arrivals=()), [expected])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "cause"),
    [
        ("weights-ignored", "the key of another provider was sent: next's"),
        ("wrong-provider-key", "the key of another provider was sent: "),
        ("model-not-overridden", "the Backend's model did not override the client's"),
    ],
)
def test_a_gateway_that_mixes_two_backends_of_a_rule_is_noticed(
    mutant: str, cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed = command(capsys, "certify", str(CANARY), "--mutant", mutant, "--no-fix")
    assert code == 1
    assert cause in " ".join(printed.split())
