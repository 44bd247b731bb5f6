"""Area B: Secrets, from which keys come; and that a key goes nowhere but where it belongs."""

from __future__ import annotations

import base64

from conformance.cases import CLIENT_KEY, Behaviour, Draft, Level, Scenario, Stage, case, new_key, parametrize
from conformance.cases.needs import needs_secret
from conformance.cases.variations import KEY_LOWER_CASE, KEY_OTHER_NAME
from conformance.exchange.expectations import (
    ArrivedOnce,
    Credential,
    Facet,
    Holds,
    Status,
    Unreached,
    Withheld,
    verify,
)
from conformance.exchange.oracle.credentials import stored_keys
from conformance.exchange.oracle.upstream import DEFAULT_HOST
from conformance.manifests.secrets import bare_key

CLIENTS = CLIENT_KEY.reveal()
ELSEWHERE = "agw-conformance-elsewhere"


def with_bearer(draft: Draft) -> None:
    """The Secret holds all of the header's value."""
    draft.change_key(f"Bearer {bare_key(draft.key)}")


@case(
    "auth/bearer-not-doubled",
    Level.MUST,
    "A Secret whose value already begins with `Bearer ` gives one Bearer, not two.",
    source="kgateway kubeutils.GetSecretAuth",
    lines=[15],
    scenario=Scenario("key-with-bearer", (with_bearer,)),
)
async def test_bearer_not_doubled(stage: Stage) -> None:
    needs_secret(stage)
    verify(await stage.chat(), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/secret-trimmed",
    Level.SHOULD,
    "White space around a Secret's value, such as the newline that echo leaves, is no part of the key.",
    source="kgateway kubeutils.GetSecretAuth",
    lines=[16],
)
@parametrize(
    "scenario",
    [
        Scenario("key-with-newline", (lambda draft: draft.change_key(f"{draft.key}\n", encoded=True),)),
        Scenario("key-with-spaces", (lambda draft: draft.change_key(f"  {draft.key}\t "),)),
    ],
    ids=str,
)
async def test_secret_trimmed(stage: Stage) -> None:
    needs_secret(stage)
    verify(await stage.chat(), Status(200), ArrivedOnce(), Credential())


def mixed_key(draft: Draft) -> None:
    """A key of letters of both kinds and of what tokens may have besides."""
    draft.change_key(f"{new_key('Mixed-Case').reveal()}_.~+/=Z")


def two_words(draft: Draft) -> None:
    """A key behind a word of its own, which is no `Bearer `."""
    draft.change_key(f"Token {new_key('two-words').reveal()}")


def letters_of_bearer(draft: Draft) -> None:
    """A key that begins with letters that are in `Bearer `, and stands behind it."""
    draft.change_key(f"Bearer area-{new_key('letters').reveal()}")


def long_key(draft: Draft) -> None:
    """A key as long as tokens of identity providers can be."""
    draft.change_key(f"{new_key('long').reveal()}.{'Ab0-' * 1500}.end")


@case(
    "auth/key-verbatim",
    Level.MUST,
    "A key goes up letter by letter, whatever it is made of, and with the word before it that is no `Bearer`.",
    source="SEED table authToken; RFC 6750 section 2.1 (b64token); kgateway kubeutils.GetSecretAuth",
    lines=[14, 15],
)
@parametrize(
    "scenario",
    [
        Scenario("mixed-key", (mixed_key,)),
        Scenario("key-of-two-words", (two_words,)),
        Scenario("key-of-bearer-letters", (letters_of_bearer,)),
        Scenario("key-of-6-kib", (long_key,)),
    ],
    ids=str,
)
async def test_key_verbatim(stage: Stage) -> None:
    needs_secret(stage)
    verify(await stage.chat(behaviour=Behaviour(status=200)), Status(200), ArrivedOnce(), Credential())


def key_in_other_field(draft: Draft) -> None:
    """The key in data, if it was in stringData, and the other way round."""
    draft.change_key(draft.key, encoded="stringData" in draft.secret)


def key_in_both_fields(draft: Draft) -> None:
    """The key in stringData, and what was the key before still in data."""
    draft.change_key(draft.key)
    draft.secret["data"] = {draft.secret_key: base64.b64encode(new_key("before").reveal().encode()).decode()}


@case(
    "auth/data-like-string-data",
    Level.MUST,
    "A key in the Secret's data (base64) and one in its stringData come to the same; of both the latter counts.",
    source="Kubernetes Secret API (stringData: overwrites what is in data)",
    lines=[26],
)
@parametrize(
    "scenario",
    [Scenario("key-in-other-field", (key_in_other_field,)), Scenario("key-in-both-fields", (key_in_both_fields,))],
    ids=str,
)
async def test_data_like_string_data(stage: Stage) -> None:
    needs_secret(stage)
    verify(await stage.chat(), Status(200), ArrivedOnce(), Credential())


def secret_elsewhere(draft: Draft) -> None:
    """The Secret exists, but in another namespace."""
    draft.secret["metadata"]["namespace"] = ELSEWHERE


@case(
    "auth/secret-of-own-namespace-only",
    Level.MUST,
    "A Secret of that name in another namespace than the Backend's is not used.",
    source="API SingleAuthToken.secretRef: in the same namespace as the Backend",
    lines=[25],
    scenario=Scenario("secret-elsewhere", (secret_elsewhere,)),
)
async def test_secret_of_own_namespace_only(stage: Stage) -> None:
    needs_secret(stage)
    verify(await stage.chat(), Withheld(tuple(stored_keys(stage.configuration))))


def decoy_elsewhere(draft: Draft) -> None:
    """Another Secret of the same name in another namespace."""
    name = draft.secret["metadata"]["name"]
    key = f"sk-conformance-decoy-{draft.provider.name}"
    metadata = {"name": name, "namespace": ELSEWHERE}
    draft.add({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {draft.secret_key: key}})


@case(
    "auth/secret-of-own-namespace-preferred",
    Level.MUST,
    "A Secret of the same name in another namespace does not take the place of the Backend's own.",
    source="API SingleAuthToken.secretRef: in the same namespace as the Backend",
    lines=[25],
    scenario=Scenario("secret-decoy", (decoy_elsewhere,)),
)
async def test_secret_of_own_namespace_preferred(stage: Stage) -> None:
    needs_secret(stage)
    verify(await stage.chat(), Status(200), ArrivedOnce(), Credential())


NO_SECRET = Scenario("secret-missing", (lambda draft: draft.remove("Secret"),))
KEY_EMPTY = Scenario("key-empty", (lambda draft: draft.change_key(""),))


@case(
    "auth/missing-secret-withholds-clients-key",
    Level.MUST,
    "Where the Secret is missing, or has no key for the Backend, the client's own token is not forwarded in the key's"
    " place.",
    source="SEED table authToken; API SingleAuthToken.kind: only Passthrough forwards the client's; FACTS D8, 7.2",
    lines=[27, 28],
)
@parametrize("scenario", [NO_SECRET, KEY_OTHER_NAME, KEY_EMPTY], ids=str)
async def test_missing_secret_withholds_clients_key(stage: Stage) -> None:
    needs_secret(stage)
    exchange = await stage.chat(headers=(("Authorization", f"Bearer {CLIENTS}"),))
    verify(exchange, Withheld((CLIENTS,)))


@case(
    "auth/no-key-made-up",
    Level.MUST,
    "Where the Secret has no key for the Backend, and the client none, no request has any.",
    source="SEED table authToken; FACTS D8, 7.2",
    lines=[27, 28],
)
@parametrize("scenario", [KEY_OTHER_NAME, KEY_EMPTY], ids=str)
async def test_no_key_made_up(stage: Stage) -> None:
    needs_secret(stage)
    name = stage.llm.auth.header or "Authorization"
    sent = Holds(Facet.LEAK, [], lambda seen: [value for one in seen.arrivals for value in one.values(name)])
    verify(await stage.chat(), sent)


@case(
    "auth/unusable-secret",
    Level.INFO,
    "What becomes of a request whose Backend's Secret is missing, or has no key of the name Authorization.",
    source="FACTS D8, 7.2",
    lines=[27, 28],
)
@parametrize(
    "scenario",
    [
        NO_SECRET,
        KEY_LOWER_CASE,
        KEY_OTHER_NAME,
        KEY_EMPTY,
    ],
    ids=str,
)
async def test_unusable_secret(stage: Stage) -> None:
    needs_secret(stage)
    exchange = await stage.chat()
    sent = [name for arrival in exchange.arrivals for name, _ in arrival.headers if name.lower() == "authorization"]
    stage.observe(
        f"the client got {exchange.response.status}; requests upstream: {len(exchange.arrivals)},"
        f" with a credential: {len(sent)}"
    )


@case(
    "auth/secret-key-case-counts",
    Level.SHOULD,
    "An entry `authorization` of a Secret is not taken for `Authorization`: nothing of it is sent.",
    source="kgateway kubeutils.GetSecretAuth; Kubernetes Secret API (keys differ by case); FACTS 1.6, 7.2",
    lines=[28, 186],
    scenario=KEY_LOWER_CASE,
)
async def test_secret_key_case_counts(stage: Stage) -> None:
    needs_secret(stage)
    stage.only_if(stage.llm.auth.secret_key == "Authorization", "the Backend names another entry of the Secret")
    verify(await stage.chat(), Withheld(tuple(stored_keys(stage.configuration))))


def misplaced(name: str, *fields: str, policy: bool = True) -> Scenario:
    """These fields one level too deep, under `openai`; an endpoint that validates strictly refuses the Backend."""

    def change(draft: Draft) -> None:
        llm = draft.llm
        for field in fields:
            llm["openai"][field] = llm.pop(field)
        if not policy:
            draft.end_tls()

    return Scenario(name, (change,), invalid=True)


@case(
    "auth/misplaced-field-sends-nothing-elsewhere",
    Level.MUST,
    "Host, port or path indented under the wrong parent never sends the key, or anything else, to the default"
    " provider's host.",
    source="SEED table host, port, path; agentgateway#1712; FACTS 7.1 no. 12",
    lines=[151, 164],
)
@parametrize(
    "scenario",
    [
        misplaced("host-port-misplaced", "host", "port"),
        misplaced("all-misplaced", "host", "port", "path"),
        # No policy's hostname is in the way: what went out would arrive.
        misplaced("all-misplaced-no-policy", "host", "port", "path", policy=False),
        misplaced("path-misplaced", "path"),
    ],
    ids=str,
)
async def test_misplaced_field_sends_nothing_elsewhere(stage: Stage) -> None:
    verify(await stage.chat(), Unreached(DEFAULT_HOST))
