"""Area B: the credential upstream, where it comes from and where it goes."""

from __future__ import annotations

from dataclasses import replace

from conformance.cases import (
    CLIENT_KEY,
    Behaviour,
    Draft,
    Headers,
    Level,
    Scenario,
    Stage,
    case,
    new_key,
    parametrize,
)
from conformance.cases.needs import needs_key
from conformance.core.redaction import may_be_struck
from conformance.exchange.expectations import (
    ArrivedOnce,
    Credential,
    Facet,
    HeaderArrives,
    Mismatch,
    NoPlaceholder,
    Refuted,
    Status,
    Withheld,
    verify,
)
from conformance.manifests.secrets import is_placeholder, secret_value

# The lookalike answers whatever credential arrives: that is judged here.
ANSWERED = Behaviour(status=200)
CLIENTS = CLIENT_KEY.reveal()


@case(
    "auth/key-as-bearer",
    Level.MUST,
    "The Backend's key arrives as `Authorization: Bearer <key>`, or as authHeader says, also with host overridden.",
    source="SEED table authHeader, authToken; API OpenAIConfig.authToken; agentgateway#509",
    lines=[14, 149],
    certifies=True,
)
async def test_key_as_bearer(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/client-authorization-replaced",
    Level.MUST,
    "The client's own Authorization is replaced: exactly one credential arrives, the Backend's.",
    source="SEED table authToken; AGW apply_backend_auth",
    lines=[17],
    certifies=("bearer",),
)
@parametrize(
    "headers",
    [
        (("Authorization", f"Bearer {CLIENTS}"),),
        (("authorization", f"Bearer {CLIENTS}"),),
        (("Authorization", f"Basic {CLIENTS}"),),
        (("Authorization", f"Bearer {CLIENTS}"), ("Authorization", f"Bearer {CLIENTS}-2")),
        (("Authorization", f"Bearer {CLIENTS}"), ("AUTHORIZATION", f"Bearer {CLIENTS}-2")),
    ],
    ids=["bearer", "lower-case", "basic", "twice", "twice-in-two-cases"],
)
async def test_client_authorization_replaced(stage: Stage, headers: Headers) -> None:
    needs_key(stage)
    verify(await stage.chat(headers=headers), Status(200), ArrivedOnce(), Credential(), Withheld((CLIENTS,)))


@case(
    "auth/client-key-blocks-nothing",
    Level.MUST,
    "A client that sends a key of its own, in whatever header, does not keep the Backend's from being sent.",
    source="SEED table authToken; initializ/forge PR#358",
    lines=[158],
)
@parametrize("name", ["Authorization", "x-api-key", "api-key"])
async def test_client_key_blocks_nothing(stage: Stage, name: str) -> None:
    needs_key(stage)
    verify(await stage.chat(headers=((name, CLIENTS),)), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/own-key-only",
    Level.MUST,
    "Each Backend sends its own key, and never another Backend's.",
    source="SEED Mistral 3, 4; SEED DeepSeek 3, 4",
    lines=[18],
    certifies=True,
)
async def test_own_key_only(stages: dict[str, Stage]) -> None:
    keys = {name: stage.key for name, stage in stages.items()}
    next(iter(stages.values())).only_if(len(set(keys.values())) > 1, "there are no two Backends with different keys")
    for name, stage in stages.items():
        # A word such as `na`, for a server that asks for no key, stands in any text.
        others = tuple(one for other, one in keys.items() if other != name and one != keys[name] and may_be_struck(one))
        verify(await stage.chat(), ArrivedOnce(), Credential(), Withheld(others))


INLINE = Scenario(
    "inline", (lambda draft: draft.change_auth("inline", new_key(f"{draft.provider.name}-inline").reveal()),)
)


@case(
    "auth/inline-token",
    Level.MUST,
    "With kind Inline the inline token is sent as Bearer, or as authHeader says.",
    source="API SingleAuthToken.inline; API OpenAIConfig.authToken",
    lines=[19],
    scenario=INLINE,
)
async def test_inline_token(stage: Stage) -> None:
    # Whatever the provider makes of the key: it may want another header than where this goes.
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


PASSTHROUGH = Scenario("passthrough", (lambda draft: draft.change_auth("passthrough"),))


@case(
    "auth/passthrough",
    Level.MUST,
    "With kind Passthrough the client's Authorization arrives unchanged.",
    source="API SingleAuthToken.kind Passthrough",
    lines=[20],
    scenario=PASSTHROUGH,
)
@parametrize("scheme", ["Bearer", "Basic", "Token", "bearer"])
async def test_passthrough(stage: Stage, scheme: str) -> None:
    exchange = await stage.chat(headers=(("Authorization", f"{scheme} {CLIENTS}"),), behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), Credential())


@case(
    "auth/passthrough-without-token",
    Level.MUST,
    "With kind Passthrough and no Authorization from the client, none is made up.",
    source="API SingleAuthToken.kind Passthrough",
    lines=[21],
    scenario=PASSTHROUGH,
)
async def test_passthrough_without_token(stage: Stage) -> None:
    request = stage.request()
    headers = tuple((name, value) for name, value in request.headers if name != "Authorization")
    exchange = await stage.send(replace(request, headers=headers), behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), Credential())


@case(
    "auth/other-headers-pass",
    Level.MUST,
    "The client's other headers arrive unchanged.",
    source="RFC 9110 7.6; FACTS 6.9",
    lines=[29],
)
@parametrize(
    ("name", "value"),
    [
        ("X-Custom", "some value, with a comma"),
        ("Accept", "application/json;q=0.9, */*"),
        ("User-Agent", "conformance/1.0 (test)"),
        ("OpenAI-Organization", "org-123"),
        ("Cookie", "session=abc; theme=dark"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ],
    ids=["custom", "accept", "user-agent", "openai", "cookie", "tracing"],
)
async def test_other_headers_pass(stage: Stage, name: str, value: str) -> None:
    exchange = await stage.chat(headers=((name, value),))
    verify(exchange, Status(200), ArrivedOnce())
    # W3C Trace Context 3.2: who takes part in a trace gives the request a parent of its own, in the same trace.
    if name != "traceparent" or [trace_of(one) for one in exchange.arrival.values(name)] != [trace_of(value)]:
        verify(exchange, HeaderArrives(name, value))


def trace_of(traceparent: str) -> list[str]:
    """Version and trace id."""
    return traceparent.split("-")[:2]


@case(
    "auth/repeated-headers-pass",
    Level.SHOULD,
    "Of a header that the client sends several times all values arrive, in order.",
    source="RFC 9110 section 5.3",
    lines=[29],
)
async def test_repeated_headers_pass(stage: Stage) -> None:
    exchange = await stage.chat(headers=(("X-Custom", "one"), ("X-Custom", "two")))
    verify(exchange, Status(200), ArrivedOnce())
    if ", ".join(exchange.arrival.values("x-custom")) != "one, two":  # on one line they are the same
        verify(exchange, HeaderArrives("x-custom", "one", "two"))


@case(
    "auth/hop-by-hop-kept-back",
    Level.MUST,
    "Headers that are meant for the client's connection do not arrive upstream.",
    source="RFC 9110 7.6.1",
    lines=[30, 180],
)
@parametrize(
    ("name", "value", "connection"),
    [
        ("Proxy-Authorization", f"Basic {CLIENTS}", []),
        ("Proxy-Connection", "keep-alive", []),
        ("Keep-Alive", "timeout=5", []),
        ("TE", "trailers", ["te"]),
        ("X-For-One-Hop", "value", ["x-for-one-hop"]),
        ("X-For-One-Hop", "value", ["keep-alive,x-none ,\tX-For-One-Hop"]),
        ("X-For-One-Hop", "value", ["keep-alive", "X-For-One-Hop"]),
    ],
    ids=["proxy-authorization", "proxy-connection", "keep-alive", "te", "named", "named-last", "named-on-second-line"],
)
async def test_hop_by_hop_kept_back(stage: Stage, name: str, value: str, connection: list[str]) -> None:
    exchange = await stage.chat(headers=((name, value), *(("Connection", tokens) for tokens in connection)))
    verify(exchange, Status(200), ArrivedOnce(), HeaderArrives(name))


def keys_of_policies(draft: Draft) -> None:
    """Policies on the Backend and on its route, each with another key than the Backend's own."""
    kind = draft.dialect.POLICY_KIND
    if not kind:
        raise LookupError(f"policies of its own: {draft.dialect.NAME} has none that are modelled")
    route = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": draft.route["metadata"]["name"]}
    group, _, _ = draft.backend["apiVersion"].partition("/")
    whole = {"group": group, "kind": draft.backend["kind"], "name": draft.backend["metadata"]["name"]}
    for name, target in (("on-route", route), ("on-backend", whole)):
        metadata = {"name": f"{target['name']}-{name}"}
        spec = {"targetRefs": [target], "backend": {"auth": {"key": new_key(name).reveal()}}}
        draft.add({"apiVersion": draft.backend["apiVersion"], "kind": kind, "metadata": metadata, "spec": spec})


@case(
    "auth/own-key-before-policies",
    Level.MUST,
    "A Backend that says itself which key is its own gets that one, whatever policies on it or on its route say.",
    source="API agentgateway 1.4, AgentgatewayPolicySpec.backend (the Backend's own policies go first); FACTS 4.1",
    lines=[14, 172],
    scenario=Scenario("keys-of-policies", (keys_of_policies,)),
)
async def test_own_key_before_policies(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


def left_in(stage: Stage) -> list[str]:
    """Placeholders in the manifests where keys belong, with their positions."""
    auth = stage.llm.auth
    secrets = stage.configuration.secrets.values()
    values = [(secret_value(one.data, auth.secret_key), one.at("stringData", auth.secret_key)) for one in secrets]
    values.append((auth.token, auth.origin.position))
    return [f"the placeholder {value.strip()!r} at {at}" for value, at in values if value and is_placeholder(value)]


@case(
    "auth/no-placeholder",
    Level.MUST,
    "No key is still a placeholder such as $MISTRAL_API_KEY: not in the manifests, which shows before anything is sent,"
    " and not on the wire.",
    source="SEED Mistral 2, 3; wso2/api-platform#1546",
    lines=[160],
    certifies=True,
)
async def test_no_placeholder(stage: Stage) -> None:
    needs_key(stage)
    if left := left_in(stage):
        raise Refuted(None, [Mismatch(Facet.PLACEHOLDER, "a key, the variable filled in", left[0])])
    verify(await stage.chat(), ArrivedOnce(), NoPlaceholder())
