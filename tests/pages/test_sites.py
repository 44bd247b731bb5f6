"""Pages as documentation sites write them: includes, conditions, tabs."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from conformance.core.problems import InputProblem
from conformance.pages import Apply, Export, load_pages
from tests.support.nightly import share
from tests.support.pages import exported, kinds, left_out, only, pages
from tests.support.paths import CORPUS

PAGES = CORPUS / "pages"
SITE = PAGES / "docs" / "agentgateway" / "2.1.x" / "providers.md"

# --- a whole page


def test_each_tab_is_chosen_once_and_those_of_the_same_names_together() -> None:
    assert [page.tabs for page in load_pages(SITE)] == [
        ("Load balancer", "Mistral"),
        ("Port-forward", "Mistral"),
        ("Load balancer", "DeepSeek"),
    ]


def test_every_command_of_a_page_is_a_step() -> None:
    first, second, third = load_pages(SITE)
    assert first.title == "Two providers, one page"
    rest = ["Apply", "Write", "NotRun", "Apply", "Write", "Apply", "Apply", "Request", "ExpectedOutput"]
    assert kinds(first.steps) == ["NotRun", "NotRun", "Export", *rest, "NotRun", "NotRun"]
    assert kinds(second.steps) == ["NotRun", "NotRun", "PortForward", *rest, "NotRun", "NotRun"]
    assert kinds(third.steps) == kinds(first.steps)


def test_positions_are_those_of_the_file_that_a_line_comes_from() -> None:
    applied = [step for step in load_pages(SITE)[0].steps if isinstance(step, Apply)]
    secret, backend, route, policy = (step.documents({})[0] for step in applied)
    assert Path(secret.at("metadata", "name").file).name == "secret.md"
    for document in (secret, backend, route):
        place = document.at("metadata", "name")
        line = Path(place.file).read_text(encoding="utf-8").split("\n")[place.line - 1]
        assert line[place.column - 1 :] == f"name: {document.data['metadata']['name']}"
        assert document.data["metadata"]["namespace"] == "kgateway-system"
    # Behind a prompt, and where an include stands in the line, only the line is known.
    assert (policy.at("metadata", "name").line > 0, policy.at("metadata", "name").column) == (True, 0)
    assert secret.at("metadata", "namespace").column == 0


def test_the_version_of_the_reader_can_be_given() -> None:
    page = load_pages(SITE, {"2.2.x"})[0]
    # The page's folder says 2.1.x, so both hold.
    assert "kgateway-systemagentgateway-system" in next(step for step in page.steps if isinstance(step, Apply)).text


# --- includes


@pytest.mark.parametrize("name", ["../secret.md", "missing.md", "sub/../../secret.md", "link.md", "binary.md"])
def test_only_files_of_the_assets_folder_are_included(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("export STOLEN=1")
    (tmp_path / "assets" / "sub").mkdir(parents=True)
    (tmp_path / "assets" / "link.md").symlink_to(tmp_path / "secret.md")
    page = tmp_path / "page.md"
    page.write_text(f'```sh\nexport A={{{{< reuse "{name}" >}}}}\n```\n')
    (found,) = load_pages(page)
    assert kinds(found.steps) == ["NotRun"]
    assert f'reuse "{name}" >}}}} stands for is not on the page' in left_out(found)[0]


def test_includes_without_end_stop(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.md").write_text('{{< reuse "a.md" >}}\n' * 20)
    (tmp_path / "page.md").write_text('{{< reuse "a.md" >}}\n')
    with pytest.raises(InputProblem, match="never ends"):
        load_pages(tmp_path / "page.md")


def test_an_include_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.md").write_bytes(b"\xff")
    (tmp_path / "page.md").write_text('{{< reuse "a.md" >}}\n')
    with pytest.raises(InputProblem, match=r"a\.md: cannot be included"):
        load_pages(tmp_path / "page.md")


# --- conditions


@pytest.mark.parametrize(
    ("condition", "file", "when", "holds"),
    [
        ('version include-if="2.1.x"', "docs/agentgateway/2.1.x/llm/page.md", (), True),
        ('version include-if="2.2.x,2.1.x"', "docs/agentgateway/2.1.x/llm/page.md", (), True),
        ('version include-if="2.2.x"', "docs/agentgateway/2.1.x/llm/page.md", (), False),
        ('version include-if="2.2.x"', "page.md", ("2.2.x",), True),
        ('version include-if="main"', "/checkout/main/page.md", (), False),
        ('version exclude-if="2.1.x"', "docs/2.1.x/page.md", (), False),
        ('version exclude-if="2.1.x"', "page.md", (), True),
        ('conditional-text include-if="agentgateway"', "page.md", (), True),
        ('conditional-text include-if="envoy"', "page.md", (), False),
        ('conditional-text include-if="kubernetes,standalone"', "page.md", (), True),
    ],
)
def test_conditions(condition: str, file: str, when: tuple[str, ...], *, holds: bool) -> None:
    name = condition.split()[0]
    text = f"```sh\n{{{{< {condition} >}}}}\nexport A=1\n{{{{< /{name} >}}}}\nexport B=2\n```\n"
    page = only(text, when=when, file=file)
    assert exported(page) == (["A", "B"] if holds else ["B"])
    assert len(left_out(page)) == (not holds)
    if not holds:
        assert "it is for other readers" in left_out(page)[0]
        assert page.steps[0].position.line == 3


def test_conditions_may_touch_and_hold_each_other() -> None:
    page = only(
        '{{< version include-if="1" >}}\n```sh\nexport A=1\n```\n{{< /version >}}{{< version include-if="2" >}}\n'
        '```sh\n{{< version exclude-if="2" >}}\nexport B=1\n{{< /version >}}\nexport C=1\n```\n{{< /version >}}',
        when=("2",),
    )
    assert exported(page) == ["C"]
    assert [reason.partition(": ")[2] for reason in left_out(page)] == [
        'include-if="1"; --when 1 asks for it',
        'exclude-if="2"',
    ]


VERSIONS = 'x{{< version include-if="1" >}}a{{< /version >}}{{< version include-if="2,3" >}}b{{< /version >}}'


@pytest.mark.parametrize(("when", "value"), [("1", "xa"), ("2", "xb"), ("3", "xb")])
def test_a_value_may_depend_on_the_version(when: str, value: str) -> None:
    step = only(f"```sh\nexport A={VERSIONS}\n```", when=(when,)).steps[0]
    assert isinstance(step, Export)
    assert step.resolve({}) == value


def test_a_value_that_no_version_gives_is_a_gap() -> None:
    page = only(f"```sh\nexport A={VERSIONS}\n```")
    assert left_out(page) == ['it depends on {{< version include-if="2,3" >}}; say for which reader, as with --when 2']


@pytest.mark.parametrize(
    "inside",
    ['{{< version exclude-if="kubernetes" >}}x{{< /version >}}', '{{< version include-if="1" >}}\nx\n{{< /version >}}'],
)
def test_what_may_be_missing_leaves_no_gap(inside: str) -> None:
    assert exported(only(f"```sh\nexport A=1 {inside}\n```")) == ["A"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<!--\n```sh\nexport B=1\n```\n-->", "a comment"),
        ("{{< doc-test >}}\nexport B=1\n{{< /doc-test >}}", "a doc-test"),
        ("{{< doc-test >}}\nexport B=1\n", "a doc-test"),
    ],
)
def test_what_readers_do_not_see_is_not_carried_out(text: str, why: str) -> None:
    page = only(f"```sh\nexport A=1\n```\n{text}")
    assert exported(page) == ["A"]
    assert [why in reason for reason in left_out(page)] == [True]


def test_an_arrow_ends_no_comment_that_never_began() -> None:
    assert exported(only("A --> B\n\n```sh\nexport A=1\n```")) == ["A"]


# --- tabs

TABS = [
    "{{< tabs >}}\n{{% tab name='x' %}}\n#A\n{{% /tab %}}\n{{% tab name='y' %}}\n#B\n{{% /tab %}}\n{{< /tabs >}}",
    '{{< tabs items="x,y" >}}\n{{< tab >}}\n#A\n{{< tab >}}\n#B\n{{< /tabs >}}',
    '{{< tabs tabTotal="2" >}}\n{{% tab tabName="x" %}}\n#A\n{{% /tab %}}\n{{% tab tabName="y" %}}\n#B\n{{< /tabs >}}',
    '{{< tabs >}}{{< tab "x" >}}\n#A\n{{< /tab >}}{{< tab "y" >}}\n#B\n{{< /tab >}}{{< /tabs >}}',
    '{{< tabpane >}}\n{{< tab header="x" >}}\n#A\n{{< /tab >}}\n{{< tab header="y" >}}\n#B\n{{< /tab >}}\n'
    "{{< /tabpane >}}",
    '<Tabs>\n<TabItem value="1" label="x" default>\n\n#A\n\n</TabItem>\n<TabItem value="y">\n\n#B\n\n</TabItem>\n'
    "</Tabs>",
    '<Tabs\n  groupId="os"\n>\n  <TabItem\n    value="x">\n#A\n  </TabItem>\n'
    '  <TabItem value="y">\n#B\n  </TabItem>\n</Tabs>',
    '<Tabs>\n  <Tab title="x">\n#A\n  </Tab>\n  <Tab title="y">\n#B\n  </Tab>\n</Tabs>',
    '=== "x"\n\n    #A\n\n=== "y"\n\n    #B\n',
    '{% tabs %}\n{% tab title="x" %}\n#A\n{% endtab %}\n\n{% tab title="y" %}\n#B\n{% endtab %}\n{% endtabs %}',
]


@pytest.mark.parametrize("markup", TABS)
def test_spellings_of_tabs(markup: str) -> None:
    indent = "    " if markup.startswith("===") else ""
    text = markup.replace("#A", f"```sh\n{indent}export A=1\n{indent}```")
    text = text.replace("#B", f"```sh\n{indent}export B=1\n{indent}```")
    first, second = pages(f"{text}\n\n```sh\nexport C=1\n```\n")
    assert (first.tabs, exported(first)) == (("x",), ["A", "C"])
    assert (second.tabs, exported(second)) == (("y",), ["B", "C"])


def test_tabs_in_tabs_are_chosen_with_the_tab_they_stand_in() -> None:
    def tab(name: str, content: str) -> str:
        return f'{{{{% tab name="{name}" %}}}}\n{content}\n{{{{% /tab %}}}}\n'

    def tabs(*content: str) -> str:
        return f"{{{{< tabs >}}}}\n{''.join(content)}{{{{< /tabs >}}}}"

    inner = tabs(tab("in-1", "```sh\nexport B1=1\n```"), tab("in-2", "```sh\nexport B2=1\n```"))
    found = pages(tabs(tab("a", "```sh\nexport A=1\n```"), tab("b", inner)))
    assert [(page.tabs, exported(page)) for page in found] == [
        (("a",), ["A"]),
        (("b", "in-1"), ["B1"]),
        (("b", "in-2"), ["B2"]),
    ]


def test_a_fence_that_a_tab_leaves_open_ends_with_it() -> None:
    text = '{{< tabs items="x,y" >}}\n{{% tab %}}\n```sh\nexport A=1\n{{% /tab %}}\n{{% tab %}}\nB\n{{< /tabs >}}'
    first, second = pages(f"{text}\n\nfrobnicate all of it\n")
    assert (kinds(first.steps), kinds(second.steps)) == (["Export"], [])


@pytest.mark.parametrize("following", ["2. Next", "## Next"])
def test_a_fence_that_a_list_item_leaves_open_ends_with_it(following: str) -> None:
    first, second = (
        "1. First\n\n   ```sh\n   export A=1\n",
        "\n   ```sh\n   export B=1\n   ```\n\nfrobnicate it all\n",
    )
    page = only(f"{first}\n{following}\n{second}")
    assert kinds(page.steps) == ["Export", "Export"]


def test_tabs_in_code_are_code() -> None:
    assert len(pages("```jsx\n<Tabs>\n<TabItem value='a'>\n<TabItem value='b'>\n```\n```sh\nexport A=1\n```")) == 1


def test_too_many_alternatives_are_a_problem() -> None:
    tabs = "".join(f'{{{{% tab name="{number}" %}}}}\nx\n' for number in range(70))
    with pytest.raises(InputProblem, match="70 alternatives, more than the 64"):
        pages(f"{{{{< tabs >}}}}\n{tabs}{{{{< /tabs >}}}}")


def test_decoration_and_quotation_are_taken_away() -> None:
    page = only(
        "> [!NOTE]\n> Do this.\n> ```sh\n> export A=1\n> ```\n\n"
        '{{< callout >}}\n```sh\nexport B={{< gloss "b" >}}b{{< /gloss >}}\n'
        "```\n{{< /callout >}}"
    )
    assert exported(page) == ["A", "B"]
    assert [step.resolve({}) for step in page.steps if isinstance(step, Export)] == ["1", "b"]


def test_front_matter_gives_the_title() -> None:
    assert only('---\ntitle: "A page"\nweight: 1\n---\n\ntext\n').title == "A page"


def test_a_short_line_of_markdown_is_no_heading() -> None:
    assert [section.title for section in only("# T {#anchor}\n\nShort line\n\n## U\n\nx\n").sections] == ["T", "U"]


@pytest.mark.hostile
@pytest.mark.parametrize(
    "text",
    share(
        [
            '{{< tabs >}}{{< tab "a" >}}' * 30_000,
            '{{< tabs >}}{{< tab "a" >}}{{< /tabs >}}' * 20_000,
            "".join(f'{{{{< tabs >}}}}{{{{< tab "{n}" >}}}}{{{{< tab >}}}}{{{{< /tabs >}}}}' for n in range(12_000)),
            '{{< version include-if="kubernetes" >}}' * 20_000,
            '{{< version include-if="x" >}}' * 20_000,
            "{{< doc-test >}}" * 40_000,
            "<!--" * 100_000,
            '=== "a"\n' * 50_000,
            "".join(" " * (n % 200) + '=== "a"\n' for n in range(8_000)),
            "<Tabs\n" * 100_000,
            "<TabItem " * 80_000,
            "> " * 200_000,
            "{{< callout " * 50_000,
            "{{<" * 200_000,
            "```sh\n" * 100_000,
            "```json\n```\n" * 40_000,
            "```console\n" + "$ curl localhost:8080/x\n> y\n" * 1_000 + "```",
            "```console\n$ curl localhost:8080/x\n> y\n```\n" * 10_000,
            "```console\n" + "$ x <<E\n" + "> y\n" * 100_000 + "```",
            "1. ```sh\n" * 50_000,
            "---\n" * 100_000,
            "`a.yaml`\n" * 50_000,
            "```yaml\napiVersion: v1\n```\n" * 20_000,
            "Output:\n```\n{\n```\n" * 20_000,
        ],
        0,
        3,
    ),
)
def test_large_nonsense_is_read_to_its_end(text: str) -> None:
    """Work stays in proportion to the page: a blow-up would make this test hang."""
    with contextlib.suppress(InputProblem):
        assert pages(text)
