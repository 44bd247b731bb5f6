"""What must arrive upstream, written from the page, the API's comments and the Gateway API; never from the oracle."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml

from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.credentials import sendable_keys, stored_keys
from conformance.exchange.oracle.upstream import Expected, expect
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.objects import Manifest, read_manifests
from tests.support.nimbus import KEY, nimbus

Edit = tuple[str, str]


def configured(*edits: Edit, extra: str = "") -> Configuration:
    added: list[Manifest] = read_manifests(extra, "extra.yaml") if extra else []
    return read_configuration([*nimbus(*edits), *added])


def expected(
    *edits: Edit, path: str = "/nimbus", headers: tuple[tuple[str, str], ...] = (), extra: str = ""
) -> Expected:
    return expect(configured(*edits, extra=extra), ClientRequest("POST", path, headers))


def test_the_manifests_as_they_are() -> None:
    found = expected(path="/nimbus/any?x=1")
    assert found.answer is None
    assert (found.host, found.port, found.target) == ("llm.nimbus.example", 8443, "/api/v3/chat/completions")
    assert found.credential == ("x-nimbus-token", f"Nimbus {KEY}")
    assert (found.model, found.passthrough) == ("cumulus-2-chat", False)
    assert found.tls is not None
    assert (found.tls.sni, found.tls.verify, found.tls.trust) == (
        "llm.nimbus.example",
        ("llm.nimbus.example",),
        "system",
    )
    assert found.authority == "llm.nimbus.example:8443"
    assert KEY not in repr(found)
    assert str(found.because["path"].position) == "nimbus.yaml:31:9"
    assert str(found.because["tls"].position) == "nimbus.yaml:63:5"


HEADER = "      authHeader:\n        headerName: x-nimbus-token\n        prefix: Nimbus\n"
PATH = "      path:\n        full: /api/v3/chat/completions\n"
HOST = "      host: llm.nimbus.example\n      port: 8443\n"
INLINE = "          kind: Inline\n          inline: tok-4711\n"
PASSTHROUGH = "          kind: Passthrough\n"
GROUP = "    group: gateway.kgateway.dev\n  validation"
SECTION = GROUP.replace("\n", "\n    sectionName: {}\n")
REFS = "    backendRefs:"
HOSTNAME = "    filters: [{type: URLRewrite, urlRewrite: {hostname: a.test}}]\n" + REFS
TOKEN = "          kind: SecretRef\n          secretRef:\n            name: nimbus-key\n"


@pytest.mark.parametrize(
    ("edit", "part", "value"),
    [
        # SEED table: "Defaults to Authorization: Bearer <token>".
        ((HEADER, ""), "credential", ("Authorization", f"Bearer {KEY}")),
        # API AuthHeader: headerName and prefix each on its own.
        (("        prefix: Nimbus\n", ""), "credential", ("x-nimbus-token", f"Bearer {KEY}")),
        (("        headerName: x-nimbus-token\n", ""), "credential", ("Authorization", f"Nimbus {KEY}")),
        (("prefix: Nimbus", "prefix: ''"), "credential", ("x-nimbus-token", KEY)),
        (("prefix: Nimbus", "prefix: 'Nimbus '"), "credential", ("x-nimbus-token", f"Nimbus {KEY}")),
        # API SecretRef: the value is trimmed and loses a scheme of its own.
        (("$NIMBUS_API_KEY", "Bearer $NIMBUS_API_KEY"), "credential", ("x-nimbus-token", f"Nimbus {KEY}")),
        (("$NIMBUS_API_KEY", '" ${NIMBUS_API_KEY}\\n"'), "credential", ("x-nimbus-token", f"Nimbus {KEY}")),
        ((TOKEN, INLINE), "credential", ("x-nimbus-token", "Nimbus tok-4711")),
        ((TOKEN, PASSTHROUGH), "credential", None),
        ((TOKEN, PASSTHROUGH), "passthrough", True),
        # SEED table path: "Defaults to /v1/chat/completions"; path.full replaces the whole target.
        ((PATH, ""), "target", "/v1/chat/completions"),
        (("full: /api/v3/chat/completions", "full: /v9/c?api-version=2"), "target", "/v9/c?api-version=2"),
        # SEED table model: "If unset, the model name is taken from the request".
        (("        model: cumulus-2-chat\n", ""), "model", None),
        # SEED overview: TLS of a custom host comes by a policy only.
        (("  - name: nimbus\n    kind: Backend", "  - name: other\n    kind: Backend"), "tls", None),
        (("name: nimbus-tls\n  namespace: llm", "name: nimbus-tls\n  namespace: other"), "tls", None),
        ((GROUP, GROUP.replace("gateway.kgateway.dev", "''")), "tls", None),
        ((GROUP, SECTION.format("x")), "tls", None),
        # SEED step 5: URLRewrite.hostname is the Host upstream.
        ((REFS, HOSTNAME), "authority", "a.test"),
        (("port: 8443", "port: 443"), "authority", "llm.nimbus.example"),
        # API LLMProvider.host: without it the provider's own.
        ((HOST, ""), "host", "api.openai.com"),
        ((HOST, ""), "port", 443),
    ],
)  # fmt: skip
def test_one_change(edit: Edit, part: str, value: Any) -> None:
    assert getattr(expected(edit), part) == value


def test_the_default_host_is_tls_without_a_policy() -> None:
    tls = expected((HOST, ""), ("  - name: nimbus\n    kind: Backend", "  - name: other\n    kind: Backend")).tls
    assert tls is not None
    assert (tls.sni, tls.verify, tls.trust) == ("api.openai.com", ("api.openai.com",), "system")


def rewrite(kind: str, value: str) -> Edit:
    path = f"{{type: Replace{kind}, replace{kind}: '{value}'}}"
    return "    backendRefs:", f"    filters: [{{type: URLRewrite, urlRewrite: {{path: {path}}}}}]\n    backendRefs:"


@pytest.mark.parametrize(
    ("kind", "value", "sent", "target"),
    [
        # The table of Gateway API HTTPPathModifier.replacePrefixMatch, with /nimbus for /foo.
        ("PrefixMatch", "/xyz", "/nimbus/bar", "/xyz/bar"),
        ("PrefixMatch", "/xyz/", "/nimbus/bar", "/xyz/bar"),
        ("PrefixMatch", "/xyz", "/nimbus", "/xyz"),
        ("PrefixMatch", "/xyz", "/nimbus/", "/xyz/"),
        ("PrefixMatch", "", "/nimbus/bar", "/bar"),
        ("PrefixMatch", "", "/nimbus/", "/"),
        ("PrefixMatch", "", "/nimbus", "/"),
        ("PrefixMatch", "/", "/nimbus/", "/"),
        ("PrefixMatch", "/", "/nimbus", "/"),
        ("PrefixMatch", "/xyz", "/nimbus/bar?q=1", "/xyz/bar?q=1"),
        ("FullPath", "/all", "/nimbus/bar?q=1", "/all?q=1"),
    ],
)
def test_a_route_may_make_the_path_where_the_backend_has_none(kind: str, value: str, sent: str, target: str) -> None:
    assert expected((PATH, ""), rewrite(kind, value), path=sent).target == target
    assert expected(rewrite(kind, value), path=sent).target == "/api/v3/chat/completions"


def test_no_route_makes_the_path_where_the_backend_has_no_host() -> None:
    target = expected((HOST, ""), (PATH, ""), rewrite("FullPath", "/all"), path="/nimbus/bar?q=1").target
    assert target == "/v1/chat/completions?q=1"


FILTER = "filters: [{type: ExtensionRef, extensionRef: {group: a.test, kind: B, name: c}}]"
OTHER_NAMESPACE = ("    - name: nimbus\n      group", "    - name: nimbus\n      namespace: far\n      group")


@pytest.mark.parametrize(
    ("edits", "path", "status", "why"),
    [
        ([], "/nimbusx", 404, "no route matches"),
        ([], "/Nimbus", 404, "no route matches"),
        ([], "/", 404, "no route matches"),
        ([("    - name: nimbus\n", "    - name: nimbus\n      weight: 0\n")], "/nimbus", 500, "no backend"),
        ([("    - name: nimbus\n", "    - name: missing\n")], "/nimbus", 500, "missing does not exist"),
        ([("    backendRefs:", f"    {FILTER}\n    backendRefs:")], "/nimbus", 404, "knows no filter B.a.test c"),
        ([("    - name: nimbus\n", f"    - name: nimbus\n      {FILTER}\n")], "/nimbus", 404, "voids the route"),
        (
            [("      group: gateway.kgateway.dev\n      kind: Backend\n", "")],
            "/nimbus",
            500,
            "backendRef of kind Service",
        ),
        ([OTHER_NAMESPACE], "/nimbus", 500, "no ReferenceGrant lets llm refer to Backend far/nimbus"),
        ([("            name: nimbus-key", "            name: gone")], "/nimbus", 500, "the Secret gone"),
        ([("  Authorization:", "  other:")], "/nimbus", 500, "has no usable key"),
        ([("name: nimbus-key\n  namespace: llm", "name: nimbus-key\n  namespace: far")], "/nimbus", 500, "is missing"),
    ],
)
def test_the_gateway_answers_by_itself(edits: list[Edit], path: str, status: int, why: str) -> None:
    answer = expected(*edits, path=path).answer
    assert answer is not None
    assert answer.status == status
    assert why in answer.why


def grant(**changes: Any) -> str:
    source = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "near"}
    target = {"group": "gateway.kgateway.dev", "kind": "Backend"}
    spec = {"from": [{**source, **changes.get("source", {})}], "to": [{**target, **changes.get("target", {})}]}
    metadata = {"name": "grant", "namespace": changes.get("namespace", "llm")}
    data = {"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant", "metadata": metadata}
    return yaml.safe_dump({**data, "spec": spec})


@pytest.mark.parametrize(
    ("document", "allowed"),
    [
        (grant(), True),
        (grant(target={"name": "nimbus"}), True),
        (grant(target={"name": None}), True),
        (grant(target={"name": "other"}), False),
        (grant(target={"kind": "Service"}), False),
        (grant(target={"group": ""}), False),
        (grant(source={"namespace": "elsewhere"}), False),
        (grant(source={"kind": "GRPCRoute"}), False),
        (grant(namespace="near"), False),
    ],
)
def test_a_reference_grant_stands_where_the_backend_is(document: str, allowed: bool) -> None:
    moved = (
        "metadata:\n  name: nimbus\n  namespace: llm\nspec:\n  parentRefs",
        "metadata:\n  name: nimbus\n  namespace: near\nspec:\n  parentRefs",
    )
    reference = ("    - name: nimbus\n      group", "    - name: nimbus\n      namespace: llm\n      group")
    assert (expected(moved, reference, extra=document).answer is None) is allowed


def authority(**data: str) -> str:
    metadata = {"name": "ca", "namespace": "llm"}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


SYSTEM = "    wellKnownCACertificates: System\n"
REFERENCE = "    caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]\n"
ONE_MORE = "name: ca}, {group: '', kind: ConfigMap, name: gone}"
PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("reference", "extra", "trust"),
    [
        (REFERENCE, authority(**{"ca.crt": PEM}), PEM),
        # GW caCertificateRefs: an unresolvable reference must not fall back to anything.
        (REFERENCE, "", None),
        (REFERENCE, authority(**{"other.crt": PEM}), None),
        (REFERENCE, authority(**{"ca.crt": "garbage"}), None),
        (REFERENCE.replace("ConfigMap", "Secret"), authority(**{"ca.crt": PEM}), None),
        (REFERENCE.replace("name: ca}", ONE_MORE), authority(**{"ca.crt": PEM}), None),
        ("", "", None),
    ],
)  # fmt: skip
def test_trust(reference: str, extra: str, trust: str | None) -> None:
    tls = expected((SYSTEM, reference), extra=extra).tls
    assert tls is not None
    assert tls.trust == trust


def test_alternative_names_are_verified_instead_of_the_hostname() -> None:
    names = SYSTEM + "    subjectAltNames: [{type: Hostname, hostname: a.test}, {type: URI, uri: 'spiffe://b'}]\n"
    tls = expected((SYSTEM, names)).tls
    assert tls is not None
    assert (tls.sni, tls.verify) == ("llm.nimbus.example", ("a.test", "spiffe://b"))


PROVIDER = """\
      - name: {name}
        openai: {{authToken: {{kind: Inline, inline: tok-{name}}}}}
        host: {name}.test
        port: 443
"""
GROUPS = (
    "    llm:\n",
    "    priorityGroups:\n    - providers:\n"
    + "".join(PROVIDER.format(name=name) for name in ("first", "second"))
    + "    ignored:\n",
)


@pytest.mark.parametrize(("name", "secured"), [("first", True), ("second", False)])
def test_a_section_name_picks_one_provider_of_a_group(name: str, secured: bool) -> None:
    found = expected(GROUPS, (GROUP, SECTION.format(name)))
    assert (found.host, found.credential) == ("first.test", ("Authorization", "Bearer tok-first"))
    assert (found.tls is not None) is secured


def test_keys() -> None:
    configuration = configured()
    assert sendable_keys(configuration) == stored_keys(configuration) == {KEY}
    assert sendable_keys(configured((TOKEN, PASSTHROUGH))) == frozenset()
    assert sendable_keys(configured(GROUPS)) == {"tok-first", "tok-second"}
    assert sendable_keys(configured(("            name: nimbus-key", "            name: gone"))) == frozenset()


def test_data_counts_decoded_and_stringdata_before_it() -> None:
    encoded = base64.b64encode(b"Bearer from-data").decode()
    data = "data: {Authorization: " + encoded + "}\n"
    only = ("stringData:\n  Authorization: $NIMBUS_API_KEY\n", data)
    assert expected(only).credential == ("x-nimbus-token", "Nimbus from-data")
    both = ("stringData:", data + "stringData:")
    assert expected(both).credential == ("x-nimbus-token", f"Nimbus {KEY}")
    broken = ("stringData:\n  Authorization: $NIMBUS_API_KEY\n", "data: {Authorization: '///'}\n")
    assert expected(broken).answer is not None
