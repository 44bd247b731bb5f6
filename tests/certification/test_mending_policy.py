"""What no fix may do, however green: each rule by a mistake, and the whole by generated ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.certification.mending.candidates import candidates
from conformance.certification.mending.policy import RULES, refused_by
from conformance.certification.mending.policy.likeness import near, near_host
from conformance.certification.mending.preview import preview
from conformance.certification.mending.text.edits import Unmendable
from conformance.certification.mending.view import View, look
from tests.support.mending import FILE, MISTAKES, NEXT, PAGE, REFUSED, around, documented, search
from tests.support.mutation import guarded, leaves, mistaken
from tests.support.nightly import EXAMPLES


def view(text: str, dialect: str) -> View:
    return look({FILE: text}, around(dialect))


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_be_meant_is_not_undone(name: str) -> None:
    dialect, right, wrong, rule = REFUSED[name]
    text = documented(dialect)
    assert right in text
    found = refused_by(view(text.replace(right, wrong, 1), dialect), view(text, dialect))
    assert found is not None
    assert found.name == rule


@pytest.mark.parametrize("name", MISTAKES)
def test_what_undoes_a_mistake_is_admitted(name: str) -> None:
    dialect, right, wrong = MISTAKES[name]
    text = documented(dialect)
    found = refused_by(view(text.replace(right, wrong, 1), dialect), view(text, dialect))
    assert found is None, found


def test_a_secret_of_something_else_is_not_taken() -> None:
    text = documented(PAGE).replace("  name: mistral-secret\n  n", "  name: github-token\n  n", 1)
    found = refused_by(view(text, PAGE), view(text.replace("name: mistral-secret", "name: github-token"), PAGE))
    assert found is not None
    assert found.name == "secret"


def provider(name: str, reference: str, secret: str = "") -> str:
    """Manifests of a provider that nobody knows; its Backend refers to a Secret, and it may have another than its."""
    text = documented(NEXT).replace("mistral.ai", f"{name}.example").replace("mistral", name)
    text = text.replace(f"        name: {name}-secret\n", f"        name: {reference}\n", 1)
    return text.replace(f"  name: {name}-secret\n", f"  name: {secret or f'{name}-secret'}\n", 1)


CLIENTS = """\
---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: clients, namespace: agentgateway-system}
spec: {traffic: {apiKeyAuthentication: {secretRef: {name: acme-clients}}}}
"""
BETA = provider("beta", "beta-secret")
TAKEN = {
    "another gets it": (provider("acme", "beta-secrt"), BETA, provider("acme", "beta-secret"), BETA),
    "another should get it": (
        provider("acme", "beta-secrt"),
        provider("beta", "beta-secrte"),
        provider("acme", "beta-secret"),
        provider("beta", "beta-secrte"),
    ),
    "it is renamed": (
        provider("acme", "beta-secrt"),
        BETA,
        provider("acme", "beta-secrt"),
        provider("beta", "beta-secrt", "beta-secrt"),
    ),
    "clients have it": (
        provider("acme", "acme-secrt", "acme-clients"),
        CLIENTS,
        provider("acme", "acme-clients", "acme-clients"),
        CLIENTS,
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_secret_of_another_is_not_taken_however_near_its_name(name: str) -> None:
    acme, other, acme_then, other_then = TAKEN[name]
    found = refused_by(view(f"{acme}---\n{other}", NEXT), view(f"{acme_then}---\n{other_then}", NEXT))
    assert found is not None
    assert found.name == "secret-of-another"


def test_the_own_secret_is_taken_where_the_name_of_anothers_is_nearer() -> None:
    texts = {"a.yaml": provider("acme", "beta-secrt"), "b.yaml": BETA}
    found = search(texts, NEXT)
    assert found.fix is not None
    assert found.fix.texts == {"a.yaml": provider("acme", "acme-secret"), "b.yaml": BETA}


def test_two_hosts_of_one_vendor_may_share_a_secret() -> None:
    right, wrong = (
        documented(NEXT),
        documented(NEXT).replace("        name: mistral-secret", "        name: mistral-secrt"),
    )
    other = documented(NEXT).partition("---\n")[2].replace("name: mistral\n", "name: more\n")
    assert refused_by(view(f"{wrong}---\n{other}", NEXT), view(f"{right}---\n{other}", NEXT)) is None


def test_nobody_is_let_in_to_add_listeners() -> None:
    """Where `namespaces` stands in the wrong place, allowedListeners has room for it, and means another thing."""
    gateway = "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g, namespace: x}, spec: %s}\n"
    listener = "listeners: [{name: a, port: 80, protocol: HTTP%s}]"
    wrong = gateway % f"{{{listener % ', namespaces: {from: Same}'}}}"
    moved = gateway % f"{{{listener % ''}, allowedListeners: {{namespaces: {{from: Same}}}}}}"
    found = refused_by(view(wrong, NEXT), view(moved, NEXT))
    assert found is not None
    assert found.name == "listener"


def test_a_text_in_the_place_of_a_location_is_not_written_over() -> None:
    auth = "    auth:\n      secretRef:\n        name: mistral-secret\n"
    wrong = documented(NEXT).replace(auth, f"{auth}      location: {{header: x-api-key}}\n", 1)
    found = refused_by(view(wrong, NEXT), view(wrong.replace("header: x-api-key", "header: {prefix: x}"), NEXT))
    assert found is not None
    assert found.name == "credential"
    assert refused_by(view(wrong, NEXT), view(wrong.replace("x-api-key}", "{name: x-api-key}}"), NEXT)) is None


def test_a_backend_with_providers_becomes_no_other_object() -> None:
    text = documented(PAGE)
    found = refused_by(view(text, PAGE), view(text.replace("kind: Backend\n", "kind: BackendTLSPolicy\n", 1), PAGE))
    assert found is not None
    assert found.name == "object"


def test_a_route_that_is_no_mapping_is_judged_all_the_same() -> None:
    head, _, rest = documented(PAGE).partition("kind: HTTPRoute")
    metadata, _, _ = rest.partition("spec:")
    wrong = f"{head}kind: HTTPRoute{metadata}spec: 80\n"
    assert refused_by(view(wrong, PAGE), view(f"{wrong}labels: {{a: b}}\n", PAGE)) is None


def test_every_rule_has_a_reason_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len({rule.reason for rule in RULES}) == len(RULES)


def test_a_refusal_is_told_with_its_reason() -> None:
    dialect, right, wrong, _ = REFUSED["weight"]
    found = search({FILE: documented(dialect).replace(right, wrong, 1)}, dialect)
    assert found.fix is None
    assert found.note == (
        "no fix is proposed: Remove spec.rules[0].backendRefs[0].weight from HTTPRoute mistral: 0 means that no request"
        " goes there: this would send requests where a weight says that they shall not go"
    )


@pytest.mark.parametrize(
    ("written", "host", "same"),
    [
        ("api.mistal.ai", "api.mistral.ai", True),
        ("api.mistral.com", "api.mistral.ai", True),
        ("api.z.ai", "api.x.ai", False),
        ("api.grok.com", "api.groq.com", False),
        ("api.mistral.svc", "api.mistral.ai", False),
        ("api.mistral.ai.evil.com", "api.mistral.ai", False),
    ],
)
def test_two_vendors_are_no_misspelling(written: str, host: str, *, same: bool) -> None:
    assert near_host(written, host) is same


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("mistral", "mistral-secret", True),
        ("cerebras-secrets", "cerebras-secret", True),
        ("agent-gateway", "agentgateway", True),
        ("mistral-secret", "github-secret", False),
        ("internal-gateway", "external-gateway", False),
        ("github-token", "llm-key", False),
    ],
)
def test_names_are_told_apart_by_what_is_their_own(name: str, other: str, *, same: bool) -> None:
    assert near(name, other) is same


# What keeps requests out or apart, or says what is sent: where it stands in an object.
GUARDS = ("headers", "queryParams", "method", "hostnames", "filters", "weight", "location", "from", "listeners")


def guards(objects: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    """What is guarded in all objects, but for the Host that a filter writes."""
    return Counter(
        (guard, str(value))
        for one in objects
        for path, value in leaves(dict(one))
        for guard in GUARDS
        if guard in path and path[-2:] != ("urlRewrite", "hostname")
    )


def destinations(found: View) -> set[tuple[str, str]]:
    """Which Secret's key goes to which host; of an openai provider to `api.openai.com` where none is written."""
    secrets = [one.name for one in found.of("Secret")]
    return {
        (entry.cleaned_host or "api.openai.com", name)
        for entry in found.entries()
        if entry.cleaned_host or entry.get("openai") is not None
        for path, name in leaves(dict(entry.item.data))
        if path[-2:] == ("secretRef", "name") and name in secrets
    }


def names(one: Mapping[str, Any]) -> str:
    """What an object is called; empty where it says nothing of it."""
    metadata = one.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, Mapping) else ""


def widened(before: View, after: View) -> bool:
    """Whether there is a prefix above one that was there."""

    def prefixes(found: View) -> set[str]:
        places = (leaves(dict(one.data)) for one in found.of("HTTPRoute"))
        return {str(value).strip("/ ") for one in places for path, value in one if path[-2:] == ("path", "value")}

    return any(
        f"{old}/".startswith(f"{new}/") for new in prefixes(after) - prefixes(before) for old in prefixes(before)
    )


@pytest.mark.hostile
@pytest.mark.parametrize("dialect", [PAGE, NEXT])
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_no_admitted_change_takes_away_or_opens_anything(dialect: str, data: st.DataObject) -> None:
    """Of what was right and is still there everything stays; keys go where they went, or where they were to go."""
    right = guarded(dialect)
    wrong = data.draw(mistaken(right))
    before = view(yaml.safe_dump_all(wrong), dialect)
    intended = destinations(view(yaml.safe_dump_all(right), dialect))
    # A Secret under another name by mistake is still the one that was meant.
    called = {old["metadata"]["name"]: names(new) for old, new in zip(right, wrong, strict=True)}
    intended |= {(host, called.get(secret, secret)) for host, secret in intended}
    allowed = destinations(before) | intended
    if not any(entry.host for entry in before.entries()):
        # A host in the wrong place, or without its field, has still been written.
        written = {value for one in before.backends() for _, value in leaves(dict(one.data))}
        allowed |= {(str(host), secret) for host in written for _, secret in intended}
    kept = guards(right) & guards(wrong)
    for one in candidates(before):
        try:
            after = preview(before, one.edits)
        except Unmendable:
            continue
        if refused_by(before, after) is None:
            assert not kept - guards(item.data for item in after.items), one
            assert destinations(after) <= allowed, one
            assert len(destinations(after)) >= len(destinations(before)), one
            assert not widened(before, after), one
            assert str(after.documents).count("'All'") <= str(before.documents).count("'All'"), one
