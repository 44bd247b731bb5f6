"""Pages are read into steps: the documented ones as they are meant, odd ones without surprise."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from conformance.core.fixtures import fixtures
from conformance.core.problems import InputProblem
from conformance.pages import Apply, ExpectedOutput, Export, Page, Request, Section, load_page, read_page
from tests.support.nightly import share
from tests.support.pages import one
from tests.support.paths import SEED

OURS = fixtures("pages", "mistral-and-deepseek.txt")
VARIABLES = {"INGRESS_GW_ADDRESS": "127.0.0.1", "MISTRAL_API_KEY": "m-key", "DEEPSEEK_API_KEY": "d-key"}


@pytest.fixture(params=[OURS, SEED], ids=["our-page", "documented-page"])
def page(request: pytest.FixtureRequest) -> Page:
    path: Path = request.param
    if not path.is_file():
        pytest.skip(f"the documented page is not at hand: {path.name} is looked for beside the checkout")
    return load_page(path)


def example(page: Page, provider: str) -> Section:
    return next(section for section in page.sections if section.title == f"{provider} example")


@pytest.mark.parametrize(("provider", "key"), [("Mistral AI", "MISTRAL_API_KEY"), ("DeepSeek", "DEEPSEEK_API_KEY")])
def test_each_example_is_eight_steps(page: Page, provider: str, key: str) -> None:
    steps = example(page, provider).steps
    assert [type(step) for step in steps] == [Export, Apply, Apply, Apply, Apply, Request, Request, ExpectedOutput]
    assert isinstance(steps[0], Export)
    assert (steps[0].name, steps[0].placeholder, steps[0].resolve({})) == (key, "<insert your API key>", None)
    kinds = [step.documents(VARIABLES)[0].data["kind"] for step in steps if isinstance(step, Apply)]
    assert kinds == ["Secret", "Backend", "HTTPRoute", "BackendTLSPolicy"]
    assert [step.item.number for step in steps if step.item] == [2, 3, 4, 5, 6, 7, 7, 7]


def test_no_step_stands_outside_the_examples(page: Page) -> None:
    assert len(page.steps) == 16


def test_the_secret_gets_its_key(page: Page) -> None:
    secret = next(step for step in example(page, "Mistral AI").steps if isinstance(step, Apply))
    assert "Authorization: $MISTRAL_API_KEY" in secret.text
    assert secret.documents(VARIABLES)[0].data["stringData"] == {"Authorization": "m-key"}
    with pytest.raises(InputProblem, match=r"\$MISTRAL_API_KEY has no value") as caught:
        secret.resolve({})
    assert caught.value.position
    line = Path(caught.value.position.file).read_text(encoding="utf-8").split("\n")[caught.value.position.line - 1]
    assert line.strip() == "Authorization: $MISTRAL_API_KEY"


def test_positions_of_fields_are_those_of_the_page(page: Page) -> None:
    for step in page.steps:
        if not isinstance(step, Apply):
            continue
        document = step.documents(VARIABLES)[0]
        place = document.at("metadata", "name")
        line = Path(place.file).read_text(encoding="utf-8").split("\n")[place.line - 1]
        assert line[place.column - 1 :] == f"name: {document.data['metadata']['name']}"


@pytest.mark.parametrize(("provider", "path"), [("Mistral AI", "/mistral"), ("DeepSeek", "/deepseek")])
def test_both_requests_are_what_curl_sends(page: Page, provider: str, path: str) -> None:
    requests = [step.resolve(VARIABLES) for step in example(page, provider).steps if isinstance(step, Request)]
    assert [request.parts().authority for request in requests] == ["127.0.0.1:8080", "localhost:8080"]
    for request in requests:
        assert (request.method, request.parts().target) == ("POST", path)
        assert request.headers == (("content-type", "application/json"),)
        assert request.body
        assert request.body.startswith(b'{\n   "model": "",\n   "messages": [')
        assert json.loads(request.body)["messages"][1]["role"] == "user"


def test_the_example_output_is_json(page: Page) -> None:
    for provider in ("Mistral AI", "DeepSeek"):
        output = example(page, provider).steps[-1]
        assert isinstance(output, ExpectedOutput)
        assert output.is_json
        assert output.value["object"] == "chat.completion"
        assert json.loads(output.text) == output.value


# --- outputs, prose, headings


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('Example output:\n\n{"a": 1}\nmore', {"a": 1}),
        ("**Expected response:**\n```json\n[1]\n```", [1]),
        ("Sample output (shortened):\n```json\n{}\n```\n", {}),
    ],
)
def test_json_outputs(text: str, value: object) -> None:
    step = one(text, ExpectedOutput)
    assert (step.is_json, step.value) == (True, value)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ('Example output:\n  {"a": ...}\n  x\nprose', '{"a": ...}\nx'),
        ("Example output:\n\nHTTP/1.1 200 OK\nx: y\n\nprose", "HTTP/1.1 200 OK\nx: y"),
        ("Example output:\n" + "[" * 100_000, "[" * 100_000),
        ("Example output:\n[" + "1" * 5000 + "]", "[" + "1" * 5000 + "]"),
    ],
)
def test_other_outputs_are_text(text: str, output: str) -> None:
    step = one(text, ExpectedOutput)
    assert (step.is_json, step.text) == (False, output)


@pytest.mark.parametrize("text", ["Example output:", "Example output:\n\n", "Example output:\n\nHeading\n"])
def test_a_label_without_output(text: str) -> None:
    assert read_page(f"x\n{text}", "page.txt").steps == ()


def test_a_command_after_the_label_is_a_command() -> None:
    assert one("Example output:\n\nexport A=1", Export).name == "A"


@pytest.mark.parametrize(
    "prose",
    [
        "kubectl is needed for this.",
        "curl and jq on your machine",
        "export the key in your shell.",
        "type Set to AI to configure this Backend for an AI provider.",
        "host Required: The host name, such as api.mistral.ai.",
        "the gateway -a proxy- takes it.",
        "# a comment",
        "make",
    ],
)
def test_prose_is_no_command(prose: str) -> None:
    assert read_page(f"Some text:\n    {prose}", "page.txt").steps == ()


def test_sections() -> None:
    page = read_page(
        "Title\n\nIntro.\n\nFirst part\n\n1. Do it.\n\n## Second part ##\nmore\n\nA sentence.\n", "page.txt"
    )
    assert page.title == "Title"
    assert [(section.title, section.position.line) for section in page.sections] == [
        ("Title", 1),
        ("First part", 5),
        ("Second part", 9),
    ]
    assert [line.text for line in page.sections[2].prose] == ["more", "A sentence."]


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    assert one("\ufeffTitle\r\n\r\nexport A=1\r\n", Export).resolve({}) == "1"


# --- hostile pages


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x\ncurl localhost:8080 -d '{", 2, "quote that opens here is never closed"),
        ('x\ncurl localhost:8080 -d "{', 2, "quote that opens here is never closed"),
        ("  1. A\n    curl localhost:8080 -d '{\n  2. It's B", 2, "before the text leaves"),
        ("x\n\nkubectl apply -f- <<EOF\na: 1\n", 3, "never closed"),
        ("kubectl apply -f- <<EOF", 1, "never closed"),
        ("kubectl apply -f- <<EOF\na: 1\n    EOF", 1, "EOF on line 3 is indented deeper"),
        ("    kubectl apply -f- <<EOF\n    a: 1\n  2. Next\n    EOF", 1, "before line 3"),
        ("kubectl apply -f- <<\na: 1", 1, "without a word"),
        ("a\x00b", 1, "U\\+0000"),
        ("a\nb\x1b[2J", 2, "U\\+001B"),
        ("<!DOCTYPE html><html>", 1, "page is empty"),
        ("kubectl apply -f- <<EOF\n" + "x\n" * 3000 + "EOF", 1, "never closed"),
    ],
)
def test_problems_have_a_line(text: str, line: int, message: str) -> None:
    with pytest.raises(InputProblem, match=message) as caught:
        read_page(text, "page.txt")
    assert caught.value.position
    assert caught.value.position.line == line


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_page(text: str) -> None:
    with pytest.raises(InputProblem, match="page is empty"):
        read_page(text, "page.txt")


@pytest.mark.parametrize(
    ("content", "message"), [(b"\xff\xfe", "UTF-8"), (b"a" * (1024 * 1024 + 1), "larger than 1024 KiB")]
)
def test_files_that_are_no_pages(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(content)
    with pytest.raises(InputProblem, match=message):
        load_page(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match="cannot be read"):
        load_page(tmp_path)
    with pytest.raises(InputProblem, match="larger"):
        read_page("a" * (1024 * 1024 + 1), "page.txt")


@pytest.mark.hostile
@pytest.mark.parametrize(
    "text",
    share(
        [
            "export A={" + "," * 100_000,
            "curl " + "\\" * 100_001,
            'export A="' + "$(" * 50_000 + '"',
            "export A=" + "$(" * 50_000,
            'curl "$(" ' * 10_000,
            "<" * 100_000,
            "frob -x " * 20_000,
            "Example output:\n[\n" * 40_000,
            "1. " * 50_000,
            "export A=$B\n" * 10_000,
            "#" * 100_000,
        ],
        0,
        3,
    ),
)
def test_large_nonsense_is_read_to_its_end(text: str) -> None:
    """Work stays in proportion to the page: a blow-up would make this test hang."""
    with contextlib.suppress(InputProblem):
        assert read_page(text, "page.txt").sections
