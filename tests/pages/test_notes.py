"""A page's own mistakes are found without a gateway."""

from __future__ import annotations

import pytest

from conformance.core.fixtures import fixtures
from conformance.pages import Note, load_page, notes, read_page
from tests.support.paths import SEED

OURS = fixtures("pages", "mistral-and-deepseek.txt")


def changed(*replacements: tuple[str, str]) -> list[Note]:
    text = OURS.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return notes(read_page(text, "page.txt"))


def test_our_page_has_no_findings() -> None:
    assert notes(load_page(OURS)) == []


def test_the_documented_page_has_its_known_mistakes() -> None:
    if not SEED.is_file():
        pytest.skip(f"the documented page is not at hand: {SEED.name} is looked for beside the checkout")
    found = [(note.position.line, note.severity, note.text) for note in notes(load_page(SEED))]
    assert [line for line, _, _ in found] == [72, 73, 158, 158]
    assert {severity for _, severity, _ in found} == {"warning"}
    assert "path and query go to the provider unchanged" in found[0][2]
    assert "ignores authHeader" in found[1][2]
    assert "names the model deepseek-chat, which is the model of the Backend deepseek" in found[2][2]
    assert "chatcmpl-deepseek-12345 names deepseek" in found[3][2]


@pytest.mark.parametrize(
    ("old", "new", "severity", "text"),
    [
        ("name: mistral-secret", "name: other-secret", "warning", "secretRef names 'mistral-secret'"),
        ("Authorization: $MISTRAL", "authorization: $MISTRAL", "error", "lacks the key Authorization"),
        ("        - name: mistral\n", "        - name: other\n", "warning", "backendRefs names 'other'"),
        ("              hostname: api.m", "              hostname: www.m", "warning", "rewrites the host to www."),
        ("hostname: api.mistral.ai\n        well", "hostname: x.y\n        well", "error", "verifies the name x.y"),
        ("            value: /mistral", "            value: /other", "warning", "takes the path /mistral"),
        ('      "model": "mistral-medium', '      "model": "unheard-of', "warning", "the model unheard-of-2505; this"),
        ("      type: AI", "      type: [", "error", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_where_it_stands(old: str, new: str, severity: str, text: str) -> None:
    matching = [note for note in changed((old, new)) if text in note.text]
    assert matching
    assert matching[0].severity == severity
    assert matching[0].position.line > 1


def test_a_policy_for_another_backend_leaves_the_key_in_plaintext() -> None:
    found = [
        note.text for note in changed(("targetRefs:\n      - name: mistral\n", "targetRefs:\n      - name: other\n"))
    ]
    assert any("targetRefs names 'other'" in text for text in found)
    assert any("would be sent in plaintext" in text for text in found)


def test_the_other_dialect_is_understood() -> None:
    text = (
        "kubectl apply -f- <<EOF\n"
        "kind: AgentgatewayBackend\nmetadata: {name: a}\n"
        "spec: {ai: {groups: [{providers: [{host: h.example, port: 443}]}]}, policies: {tls: {sni: h.example}}}\n"
        "---\nkind: HTTPRoute\nmetadata: {name: r}\n"
        "spec: {rules: [{backendRefs: [{kind: AgentgatewayBackend, name: a}, {kind: Service, name: s}]}]}\n"
        "---\nkind: BackendTLSPolicy\nspec: {targetRefs: [{kind: Service, name: s}, nonsense]}\n"
        "---\n- no object\n"
        "EOF\n"
    )
    assert notes(read_page(text, "page.txt")) == []


def test_a_note_reads_well() -> None:
    found = changed(("    model The model", "    authHeader Overrides the header.\n    model The model"))
    assert len(found) == 1
    assert str(found[0]).startswith("page.txt:")
    assert "warning: kgateway 2.1 ignores authHeader" in str(found[0])
    assert "(source: kgateway 2.1, internal/" in str(found[0])


def test_variables_set_by_the_page_are_used_for_its_requests() -> None:
    text = OURS.read_text(encoding="utf-8") + "\nexport PORT=8080\ncurl localhost:$PORT/nowhere\n"
    assert [note.text for note in notes(read_page(text, "page.txt"))] == [
        "no route of the page takes the path /nowhere"
    ]
