"""Goes through one alternative of a page line by line, and tells commands, manifests and outputs from prose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.core.problems import InputProblem
from conformance.pages.commands import interpret
from conformance.pages.context import Context
from conformance.pages.markup.fences import Fence, opening
from conformance.pages.markup.prompts import PROMPT, looks_like_command
from conformance.pages.markup.rendering import Form, Remark
from conformance.pages.markup.source import PageText
from conformance.pages.model import Item, Line, NotRun, Request, Section, Step, Write
from conformance.pages.outputs import read_output
from conformance.pages.shell.heredoc import text_of
from conformance.pages.shell.splitting import scan

__all__ = ["StepReader"]

_MARKDOWN_HEADING = re.compile(r"#{1,6}[ \t]+(\S.*)")
_ANCHOR = re.compile(r"[ \t]*\{#[^{}]*\}[ \t]*$|[ \t]*[#¶][ \t]*$")
_ITEM = re.compile(r"([ \t]*)(\d{1,3})[.)][ \t]+(?=\S)")
_LABEL = re.compile(
    r"(?i:(?:(?:an?|the)[ \t]+)?(?:(?:example|expected|sample)[ \t]+)?(?:output|response)\b[^\n:]{0,60}:[ \t*_]*)"
)
_FILE = re.compile(r"(?<![\w./-])([\w.-]+(?:/[\w.-]+)*\.(?:ya?ml|json))(?![\w/-])")
_SHELLS = ("sh", "bash", "shell", "zsh", "console", "terminal", "shell-session", "shellsession", "shellscript")
_OUTPUTS = ("", "json", "jsonc", "json5", "text", "txt", "plaintext", "http", "output", "console", "none", "js")
_LONGEST_HEADING = 100
_FRONT_MATTER = re.compile(r"title\s*:\s*[\"']?(.*?)[\"']?\s*$")


class StepReader:
    """Reads the page once; a command or an output takes as many lines as it has."""

    def __init__(self, source: PageText, form: Form, remarks: Sequence[Remark], context: Context) -> None:
        self.source = source
        self.form = form
        self.remarks = list(remarks)
        self.index = 0
        self.fence: Fence | None = None
        self.item: Item | None = None
        self.context = context
        self.found: list[Section] = []
        self.named = ""  # the last file that the prose named
        self.answers = False  # whether the last command was a request, so that an output may be its answer
        self._open("", 0)

    def sections(self) -> tuple[Section, ...]:
        """All sections that hold anything."""
        if self.form == "markdown":
            self._front_matter()
        while self.index < len(self.source.lines):
            self._remark(self.index)
            line = self.source.lines[self.index]
            if not line.strip():
                self.index += 1
            elif self.fence is not None and self.fence.closed_by(line):
                self.fence = None
                self.index += 1
            elif self.fence is None and (found := opening(line)):
                self._item(line)
                self._fenced(found)
            elif heading := self._heading(line):
                self._open(heading, self.index)
                self.index += 1
            else:
                self._content(line)
        self._remark(len(self.source.lines))
        self._close()
        return tuple(section for section in self.found if section.title or section.steps or section.prose)

    # --- sections and prose

    def _front_matter(self) -> None:
        """`---`, fields, `---` at the page's top: its title."""
        lines = self.source.lines
        if lines[0].strip() != "---":
            return
        end = next((number for number in range(1, min(len(lines), 200)) if lines[number].strip() == "---"), 0)
        for number in range(1, end):
            if found := _FRONT_MATTER.match(lines[number]):
                self._open(found[1] or "", number)
        self.index = end + 1 if end else 0

    def _open(self, title: str, index: int) -> None:
        if self.found or title:
            self._close()
        self.title, self.position, self.item = title, self.source.place(index, 1), None
        self.steps: list[Step] = []
        self.prose: list[Line] = []

    def _close(self) -> None:
        self.found.append(Section(self.title, self.position, tuple(self.steps), tuple(self.prose)))

    def _remark(self, index: int) -> None:
        """What is to be told of commands that stand before this line and that nobody sees."""
        while self.remarks and self.remarks[0].index <= index:
            one = self.remarks.pop(0)
            self.steps.append(NotRun(one.text, one.reason, one.position, self.item))

    def _heading(self, line: str) -> str:
        """The heading on this line, or nothing. In plain text: a short line by itself, at the margin, no sentence."""
        if self.fence is not None:
            return ""
        if found := _MARKDOWN_HEADING.match(line):
            return _ANCHOR.sub("", found[1]).rstrip("# \t") or found[1]
        if self.form != "text":
            return ""
        alone = not self._neighbour(-1) and not self._neighbour(1)
        title = line.rstrip()
        if not alone or len(title) > _LONGEST_HEADING or not title[0].isalnum() or _ITEM.match(line):
            return ""
        return "" if title.endswith((".", ":", ",", ";", "!", "?", "\\")) or looks_like_command(title) else title

    def _neighbour(self, distance: int) -> str:
        index = self.index + distance
        return self.source.lines[index].strip() if 0 <= index < len(self.source.lines) else ""

    def _item(self, line: str) -> int:
        """The column where a line's text begins; a numbered item is remembered."""
        if self.fence is None and (found := _ITEM.match(line)):
            place = self.source.place(self.index, found.start(2) + 1)
            self.item = Item(int(found[2]), line[found.end() :].strip(), place)
            return found.end()
        return len(line) - len(line.lstrip())

    def _content(self, line: str) -> None:
        column = self._item(line)
        text = line[column:]
        prompt = PROMPT.match(text)
        shell = self.fence is not None and self.fence.language in _SHELLS
        if self.fence is None and _LABEL.match(text.lstrip("*_")):
            self._output()
        elif text.startswith("apiVersion:"):
            self._manifest(line, column)
        elif (self.form != "html" or self.fence) and (prompt or looks_like_command(text, in_shell_block=shell)):
            self._command(column + (prompt.end() if prompt else 0))
        else:
            if self.fence is None and len(named := set(_FILE.findall(text))) == 1:
                self.named = named.pop()
            self.prose.append(Line(text.rstrip(), self.source.place(self.index, column + 1)))
            self.index += 1

    # --- commands and manifests

    def _command(self, column: int) -> None:
        if self.fence is None:
            command = scan(self.source, self.source.start(self.index) + column)
        else:
            end = self._fence_end()
            try:
                command = scan(self.source, self.source.start(self.index) + column, self.source.start(end))
            except InputProblem as problem:
                # The rest of the page does not depend on this block, whose end is known.
                text = self.source.lines[self.index][column:]
                self._add([NotRun(text, problem.message, self.source.place(self.index, column + 1), self.item)])
                self.index = end
                return
        steps = interpret(command, self.context, self.item)
        self._add(steps)
        ended = command.end >= len(self.source.text)
        self.index = len(self.source.lines) if ended else self.source.index(command.end)

    def _add(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self.context.follow(step)
        self.steps += steps
        self.answers = any(isinstance(step, Request) for step in steps)
        self.named = ""

    def _manifest(self, line: str, column: int) -> None:
        """A manifest that no command applies: the page means something with it that is not carried out."""
        start, first = self.index, self.source.place(self.index, column + 1)
        text = self._block(len(line) - len(line.lstrip()))
        self._loose(text, start, self.index, first)
        self.index = max(self.index, start + 1)

    def _loose(self, text: str, start: int, end: int, position: Any) -> None:
        if self.named:
            self._add([Write(self.named, text_of(self.source, start, end), position, self.item)])
            return
        self.context.loose = text_of(self.source, start, end)
        reason = "a manifest outside a command; only `kubectl apply` applies one"
        self._add([NotRun(text, reason, position, self.item)])

    def _block(self, indent: int) -> str:
        """The lines from here to a blank line, a fence, or one that is indented less; moves past them."""
        start = self.index
        while self.index < len(self.source.lines):
            line = self.source.lines[self.index]
            if not line.strip() or opening(line) or len(line) - len(line.lstrip()) < indent:
                break
            self.index += 1
        return "\n".join(line[indent:] for line in self.source.lines[start : self.index])

    # --- fenced blocks

    def _fenced(self, fence: Fence) -> None:
        """Look at a whole block first: manifests and outputs are taken at once, commands line by line."""
        self.fence = fence
        self.index += 1
        start, end = self.index, self._fence_end()
        lines = [line for line in self.source.lines[start:end] if line.strip()]
        if not lines:
            return
        prompted = any(PROMPT.match(line.lstrip()) for line in lines)
        shell = fence.language in _SHELLS
        first = next((line.strip() for line in lines if not line.strip().startswith(("#", "---", "//"))), "")
        if prompted:
            self._session(end)
        elif first.startswith("apiVersion:") and not shell:
            self.named = fence.file or self.named
            self._loose("\n".join(self.source.lines[start:end]), start, end, self.source.place(start, 1))
            self.index = end
        elif (
            self.answers and fence.language in _OUTPUTS and not any(looks_like_command(line.strip()) for line in lines)
        ):
            self._answer(start, end)

    def _fence_end(self) -> int:
        """The index of the line that closes the open fence, or of the page's end."""
        assert self.fence is not None
        lines = self.source.lines
        return next((at for at in range(self.index, len(lines)) if self.fence.closed_by(lines[at])), len(lines))

    def _session(self, end: int) -> None:
        """A terminal's session: what follows `$ ` is a command, the rest is output."""
        while self.index < end:
            line = self.source.lines[self.index]
            column = len(line) - len(line.lstrip())
            if found := PROMPT.match(line[column:]):
                self._command(column + found.end())
                continue
            if line.strip():
                stop = next((at for at in range(self.index, end) if PROMPT.match(self.source.lines[at].lstrip())), end)
                if self.answers:
                    self._answer(self.index, stop)
                self.index = stop
            else:
                self.index += 1

    # --- outputs

    def _output(self) -> None:
        """What stands after `Example output:`; JSON to its closing bracket, anything else to the next blank line."""
        self.index += 1
        while self.index < len(self.source.lines) and not self.source.lines[self.index].strip():
            self.index += 1
        if self.index == len(self.source.lines):
            return
        line = self.source.lines[self.index]
        if fence := opening(line):
            self.fence, self.index = fence, self.index + 1
            start, end = self.index, self._fence_end()
            lines = [one.strip() for one in self.source.lines[start:end] if one.strip()]
            if lines and not any(looks_like_command(one) for one in lines[:1]):
                self._answer(start, end)
            return
        if _ITEM.match(line) or self._heading(line) or looks_like_command(line.strip()):
            return  # the label stands alone
        indent = len(line) - len(line.lstrip())
        position = self.source.place(self.index, indent + 1)
        offset = self.source.start(self.index) + indent
        output, end = read_output(self.source.text, offset, position, self.item)
        if output.is_json:
            self.index = self.source.index(end) + 1
        else:
            output = replace(output, text=self._block(indent))
        self.steps.append(output)

    def _answer(self, start: int, end: int) -> None:
        """The lines from `start` to before `end` are what comes back."""
        while start < end and not self.source.lines[start].strip():
            start += 1
        lines = self.source.lines[start:end]
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        text = "\n".join(line[indent:] for line in lines).strip("\n")
        output, _ = read_output(text, 0, self.source.place(start, indent + 1), self.item)
        self.steps.append(replace(output, text=text))
        self.index = end
