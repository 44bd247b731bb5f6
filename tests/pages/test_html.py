"""HTML pages as site generators render them: code blocks, tabs, and the line of the file that everything stands on."""

from __future__ import annotations

import contextlib
import html

import pytest

from conformance.core.problems import InputProblem
from conformance.pages import Apply, ExpectedOutput, Export, Item, NotRun, Page, Request, Step, load_pages, read_pages
from tests.support.paths import CORPUS

RENDERED = CORPUS / "pages" / "rendered.html"


def pages(body: str) -> list[Page]:
    return read_pages(f"<!doctype html>\n<html><body>\n{body}\n</body></html>", "page.html")


def only(body: str) -> Page:
    found = pages(body)
    assert len(found) == 1, [page.tabs for page in found]
    return found[0]


def exported(page: Page) -> list[str]:
    return [step.name for step in page.steps if isinstance(step, Export)]


def kinds(steps: tuple[Step, ...]) -> list[str]:
    return [type(step).__name__ for step in steps]


def test_a_rendered_page() -> None:
    found = load_pages(RENDERED)
    assert [page.tabs for page in found] == [("Load balancer",), ("Port-forward",)]
    for page in found:
        assert page.title == "Groq & friends"
        assert [section.title for section in page.sections] == ["Groq & friends", "Set it up", "Clean up"]
        forward = ["PortForward"] if page.tabs == ("Port-forward",) else []
        assert kinds(page.steps) == [
            "Export",
            "Apply",
            "Write",
            "Apply",
            *forward,
            "Request",
            "ExpectedOutput",
            "NotRun",
        ]


def test_steps_are_on_the_lines_of_the_file() -> None:
    lines = RENDERED.read_text(encoding="utf-8").split("\n")
    for page in load_pages(RENDERED):
        for step in page.steps:
            first = {Export: "export", Apply: "kubectl", Request: "curl", NotRun: "kubectl", ExpectedOutput: "{"}
            if begins := first.get(type(step)):
                assert begins in html.unescape(lines[step.position.line - 1])
            if isinstance(step, Apply):
                for document in step.documents({"GROQ_API_KEY": "k"}):
                    place = document.at("metadata", "name")
                    assert document.data["metadata"]["name"] in lines[place.line - 1]
                    assert place.column == 0


def test_items_of_lists_are_numbered() -> None:
    page = only("<ol><li><p>First.</p></li><li>Second:<pre>export A=1</pre><li>Third</ol>")
    step = page.steps[0]
    assert isinstance(step.item, Item)
    assert (step.item.number, step.item.text) == (2, "Second:")


@pytest.mark.parametrize(
    ("block", "names"),
    [
        ("<pre>export A=1\nexport B=1</pre>", ["A", "B"]),
        ("<pre><code class='language-sh'>export A=1\n</code></pre>", ["A"]),
        ("<pre><code><span>export</span> <span>A</span>=1<br>export B=1<br></code></pre>", ["A", "B"]),
        ("<pre><code>export A=&lt;your key&gt;</code></pre>", ["A"]),
        ("<pre><table><td class='lntd'><span class='lnt'>1\n</span></td><td>export A=1</td></table></pre>", ["A"]),
        ("<pre>export A=1<button>Copy</button></pre>", ["A"]),
        ("<pre>export A=1", ["A"]),
        ("<pre>``` \nexport A=1\n```\nexport B=1</pre>", ["A", "B"]),
        ("<p>export A=1</p><p>curl localhost:8080/x</p>", []),
        ("<p>Type <code>export A=1</code></p>", []),
        ("<script>export A=1</script><style>export A=1</style><nav><pre>export A=1</pre></nav>", []),
        ("<!-- <pre>export A=1</pre> -->", []),
        ("<main><pre>export A=1</pre></main><pre>export B=1</pre>", ["A"]),
        ("<article><pre>export A=1</pre></article><article><pre>export B=1</pre></article>", ["A"]),
    ],
)
def test_commands_are_those_of_code_blocks(block: str, names: list[str]) -> None:
    assert exported(only(f"<h1>T</h1>{block}")) == names


def panel(content: str) -> str:
    return f'<div role="tabpanel" hidden><pre>{content}</pre></div>'


@pytest.mark.parametrize(
    "markup",
    [
        '<div role="tablist"><button role="tab">x</button><button role="tab">y</button></div>#A#B',
        '<ul role="tablist"><li role="tab">x</li><li role="tab"><b>y</b></li></ul><div>#A</div><div>#B</div>',
        '<button role="tab"> x\n</button><button role="tab">y</button><div>#A#B</div>',
    ],
)
def test_tabs(markup: str) -> None:
    first, second = pages(f"<h1>T</h1>{markup.replace('#A', panel('export A=1')).replace('#B', panel('export B=1'))}")
    assert ((first.tabs, exported(first)), (second.tabs, exported(second))) == ((("x",), ["A"]), (("y",), ["B"]))


def test_sets_of_tabs_follow_each_other_and_stand_in_each_other() -> None:
    def tabs(names: str, *panels: str) -> str:
        labels = "".join(f'<button role="tab">{name}</button>' for name in names)
        return labels + "".join(f'<div role="tabpanel">{one}</div>' for one in panels)

    inner = tabs("cd", "<pre>export C=1</pre>", "<pre>export D=1</pre>")
    found = pages(
        f"<h1>T</h1>{tabs('ab', inner, '<pre>export B=1</pre>')}<p>text</p>"
        f"{tabs('ef', '<pre>export E=1</pre>', '<pre>export F=1</pre>')}"
    )
    assert [(page.tabs, exported(page)) for page in found] == [
        (("a", "c", "e"), ["C", "E"]),
        (("b", "e"), ["B", "E"]),
        (("a", "d", "e"), ["D", "E"]),
        (("a", "c", "f"), ["C", "F"]),
    ]


def test_a_page_without_anything_is_empty() -> None:
    with pytest.raises(InputProblem, match="page is empty"):
        pages("<div></div>")


@pytest.mark.hostile
@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 50_000,
        "<b></b>" * 50_000,
        "</div>" * 50_000,
        "<" * 100_000,
        "<!--" * 50_000,
        "<pre>" * 20_000,
        "<pre>" + "a<b>" * 50_000,
        '<div role="tabpanel">' * 10_000,
        '<b role="tab">' * 10_000,
        "&#x41;" * 50_000,
        "<pre>" + "\n" * 100_000 + "x",
    ],
)
def test_large_nonsense_is_read_to_its_end(body: str) -> None:
    """Work stays in proportion to the page: a blow-up would make this test hang."""
    with contextlib.suppress(InputProblem):
        assert pages(f"<h1>T</h1>{body}")
