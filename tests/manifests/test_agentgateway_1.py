"""The dialect agentgateway-1: how manifests in it are read, and what must arrive under them."""

from __future__ import annotations

import pytest

from conformance.core.problems import InputProblem
from conformance.manifests.dialects import DIALECTS, choose_dialect, dialect_named
from conformance.manifests.objects import BACKEND, BACKEND_KINDS, read_manifests
from conformance.stage.scenario.inferred import facts_of
from conformance.stage.scenario.profile import given_profiles
from tests.support.nimbus_agentgateway_1 import (
    AUTH,
    HOST,
    KEY,
    NAME,
    PATH,
    POLICY,
    SECTION,
    STRATUS,
    TLS,
    configured,
    edited,
    expected,
)


def test_the_manifests_as_they_are() -> None:
    found = expected(path="/stratus/any?x=1")
    assert found.answer is None
    assert (found.host, found.port, found.target) == ("llm.stratus.example", 8443, "/api/v3/chat/completions")
    assert found.credential == ("Authorization", f"Bearer {KEY}")
    assert (found.model, found.passthrough, found.authority) == ("cumulus-2-chat", False, "llm.stratus.example:8443")
    assert found.tls is not None
    wanted = ("llm.stratus.example", ("llm.stratus.example",), "system")
    assert (found.tls.sni, found.tls.verify, found.tls.trust) == wanted
    assert str(found.because["path"].position) == "stratus.yaml:17:7"
    assert str(found.because["tls"].position) == "stratus.yaml:23:7"
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("auth", "credential"),
    [
        ("{key: tok}", ("Authorization", "Bearer tok")),
        ("{key: Bearer tok}", ("Authorization", "Bearer Bearer tok")),
        ("{key: tok, location: {header: {name: x-api-key}}}", ("x-api-key", "tok")),
        ("{key: tok, location: {header: {name: Authorization}}}", ("Authorization", "tok")),
        ("{key: tok, location: {header: {name: x-api-key, prefix: 'Token '}}}", ("x-api-key", "Token tok")),
        ("{key: tok, location: {header: {name: x-api-key, prefix: 'Token:'}}}", ("x-api-key", "Token:tok")),
    ],
)
def test_where_the_key_goes(auth: str, credential: tuple[str, str]) -> None:
    found = expected((AUTH, f"    auth: {auth}\n"))
    assert (found.credential, found.passthrough) == (credential, False)


@pytest.mark.parametrize("auth", ["    auth: {passthrough: {}}\n", ""])
def test_without_a_key_the_clients_own_goes_up(auth: str) -> None:
    found = expected((AUTH, auth))
    assert (found.credential, found.passthrough, found.answer) == (None, True, None)


@pytest.mark.parametrize(
    ("written", "name", "credential"),
    [
        ("Bearer tok", "Authorization", "Bearer tok"),
        (" tok\t", "Authorization", "Bearer tok"),
        ("Bearer tok", "api-key", "Bearer Bearer tok"),
        (" tok ", "api-key", "Bearer tok"),
    ],
)
def test_bearer_is_taken_off_under_the_default_name_only(written: str, name: str, credential: str) -> None:
    reference = f"        name: stratus-key\n        key: {name}\n"
    found = expected((f"Authorization: {KEY}", f'{name}: "{written}"'), ("        name: stratus-key\n", reference))
    assert found.credential == ("Authorization", credential)


@pytest.mark.parametrize(
    "auth", ["{key: ''}", "{secretRef: {name: nobody}}", "{secretRef: {name: stratus-key, key: x}}"]
)
def test_without_a_usable_key_the_gateway_answers(auth: str) -> None:
    answer = expected((AUTH, f"    auth: {auth}\n")).answer
    assert answer is not None
    assert answer.status == 500


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", "/v1/chat/completions?x=1"),
        ("      pathPrefix: /api/v9\n", "/api/v9/chat/completions?x=1"),
        ("      pathPrefix: /api/v9/\n", "/api/v9/chat/completions?x=1"),
        ("      path: /whole\n", "/whole"),
    ],
)
def test_paths(path: str, target: str) -> None:
    assert expected((PATH, path), path="/stratus/any?x=1").target == target


def test_a_prefix_outranks_a_rewrite() -> None:
    rewrite = (
        "    filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /other}}}]\n"
    )
    found = expected((PATH, "      pathPrefix: /v2\n"), ("    backendRefs:", f"{rewrite}    backendRefs:"))
    assert found.target == "/v2/chat/completions"


HOSTS = {"own": "llm.stratus.example", "policy": "policy.stratus.example"}


@pytest.mark.parametrize(
    ("tls", "extra", "sni"),
    [
        (TLS, "", HOSTS["own"]),
        ("    tls: {}\n", "", HOSTS["own"]),
        ("", POLICY, HOSTS["policy"]),
        (TLS, POLICY, HOSTS["own"]),
        (TLS, SECTION, HOSTS["policy"]),
        ("", SECTION, HOSTS["policy"]),
        ("", "", None),
    ],
    ids=["own", "own-empty", "policy", "own-before-policy", "section-before-own", "section", "neither"],
)
def test_whose_tls_counts(tls: str, extra: str, sni: str | None) -> None:
    found = expected((TLS, tls), extra=extra).tls
    assert (found and found.sni) == sni


def test_names_authorities_and_what_is_not_verified() -> None:
    own = expected((TLS, "    tls: {verifySubjectAltNames: [a.example, 'spiffe://b']}\n")).tls
    missing = expected((TLS, "    tls: {caCertificateRefs: [{name: nobody}]}\n")).tls
    careless = expected((TLS, "    tls: {insecureSkipVerify: All}\n")).tls
    address = expected((TLS, "    tls: {}\n"), (HOST, "      host: 192.0.2.7\n      port: 443\n")).tls
    assert own is not None
    assert (own.sni, own.verify) == (HOSTS["own"], ("a.example", "spiffe://b"))
    assert missing is not None
    assert missing.trust is None
    assert careless is not None
    assert careless.unverified == "certificate"
    assert address is not None
    assert (address.sni, address.verify) == ("", ("192.0.2.7",))


GROUPS = """\
    groups:
    - providers:
      - {name: first, openai: {}, host: a.example, port: 443, policies: {auth: {key: own}, tls: {sni: own.example}}}
    - providers:
      - {name: second, openai: {model: m}, host: b.example, port: 443}
"""


def test_a_provider_outranks_its_backend() -> None:
    start = STRATUS.index("    provider:")
    single = STRATUS[start : STRATUS.index("  policies:")]
    (backend,) = configured((single, GROUPS)).backends
    first, second = backend.providers
    assert (first.name, first.group, first.auth.token, first.tls and first.tls.server_name) == (
        "first",
        0,
        "own",
        "own.example",
    )
    assert (second.name, second.group, second.auth.secret, second.tls) == ("second", 1, "stratus-key", None)
    assert backend.tls is not None


@pytest.mark.parametrize(
    ("change", "kind", "place"),
    [
        ("{key: k, location: {cookie: {name: c}}}", "inline", ("cookie", "c")),
        ("{secretRef: {name: k}, location: {queryParameter: {name: q}}}", "secret", ("queryParameter", "q")),
        ("{aws: {}}", "passthrough", None),
        ("{secretRef: {name: k, group: vault.example, kind: Vault}}", "passthrough", None),
    ],
)
def test_credentials_that_are_no_header(change: str, kind: str, place: object) -> None:
    (backend,) = configured((AUTH, f"    auth: {change}\n")).backends
    assert (backend.providers[0].auth.kind, backend.providers[0].auth.place) == (kind, place)


def test_a_client_certificate_is_named() -> None:
    (backend,) = configured((TLS, "    tls: {mtlsCertificateRef: [{name: c}]}\n")).backends
    assert backend.tls is not None
    assert backend.tls.client_certificate == "c"


ATTACHED = """---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: p, namespace: llm}
spec:
  targetRefs: [{group: agentgateway.dev, kind: AgentgatewayBackend, name: stratus}]
  backend: {auth: {key: from-policy}, tls: {sni: policy.example}}
"""


def test_a_policy_says_what_the_backend_does_not() -> None:
    (backend,) = configured(extra=ATTACHED).backends
    assert backend.providers[0].auth.token != "from-policy"
    (backend,) = configured((AUTH, ""), (TLS, ""), extra=ATTACHED).backends
    (llm,) = backend.providers
    assert (llm.auth.token, llm.tls and llm.tls.server_name) == ("from-policy", "policy.example")


KGATEWAY = "---\napiVersion: gateway.kgateway.dev/v1alpha1\nkind: Backend\nmetadata: {name: other}\nspec: {type: AI}\n"


def test_the_dialect_is_that_of_the_backends() -> None:
    assert set(BACKEND_KINDS) == {dialect_named(name).BACKEND_KIND for name in DIALECTS}
    assert choose_dialect(edited()) == NAME
    assert choose_dialect(read_manifests(KGATEWAY, "k.yaml")) == "kgateway-2.1"
    assert choose_dialect([], NAME) == NAME
    assert choose_dialect([]) == DIALECTS[0]
    with pytest.raises(
        InputProblem, match=r"stratus.yaml:8:1: kind: .* is of the dialect agentgateway-1, and --dialect"
    ):
        choose_dialect(edited(), "kgateway-2.1")
    with pytest.raises(InputProblem, match=r"other is of the dialect kgateway-2.1, but .* at stratus.yaml:8:1 is of"):
        choose_dialect(edited(extra=KGATEWAY))


def test_profiles_and_facts() -> None:
    extra = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca, namespace: llm}\ndata: {ca.crt: PEM}\n"
    own = "    tls: {caCertificateRefs: [{name: ca}]}\n"
    (profile,) = given_profiles(edited((TLS, own), (PATH, "      pathPrefix: /v9\n"), extra=extra), NAME)
    assert [one.role for one in profile.manifests] == ["Secret", "ConfigMap", BACKEND, "HTTPRoute"]
    facts = profile.provider
    assert (facts.path, facts.auth_header, facts.auth_scheme) == ("/v9/chat/completions", "Authorization", "Bearer")
    backend = configured((AUTH, "    auth: {key: t, location: {header: {name: k, prefix: 'T:'}}}\n")).backends[0]
    assert facts_of(backend, backend.providers[0]).auth_scheme == ""
