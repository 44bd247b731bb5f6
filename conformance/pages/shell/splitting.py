"""Splits a command on a page into words, operators and heredocs as a shell would, without ever being one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.pages.markup.source import PageText
from conformance.pages.shell.heredoc import MOST_LINES, Announced, Heredoc, read_heredoc
from conformance.pages.shell.words import NotCarriedOut, Piece, Word, pieces_of_double_quoted, variable_at

__all__ = ["Command", "scan"]

_OPERATOR = re.compile(r"<<<|<<-|<<|&&|\|\||>>|[|&;<>()]")
_PLAIN = re.compile(r"[^\s'\"\\$`|&;<>()]+")
_DOUBLE_QUOTED = re.compile(r"[^\"\\]*(?:\\.[^\"\\]*)*", re.DOTALL)
_BRACES = re.compile(r"\{[^{}]*\}")
# A page with more of them in one command is not looked into any further.
_MOST_REFUSALS = 50
_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True)
class Command:
    """One command line of the page. `tokens` holds words, and operators as plain text, in order."""

    tokens: tuple[Word | str, ...]
    heredocs: tuple[Heredoc, ...]
    refusal: str
    text: str
    position: Position
    end: int


def scan(source: PageText, offset: int, limit: int | None = None) -> Command:
    """The command that begins at the offset, to the end of its last line or heredoc; not beyond `limit`.

    Raises InputProblem for a quote or heredoc that is never closed.
    """
    return _Scanner(source, offset, limit).command()


@dataclass
class _Scanner:
    """Walks over one command. The page's own indentation is taken off lines inside quotes and heredocs."""

    source: PageText
    offset: int
    most: int | None = None
    tokens: list[Word | str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.offset
        first = self.source.index(self.offset)
        self.indent = len(_INDENT.match(self.source.lines[first])[0])  # type: ignore[index]
        self.limit = self.source.start(first + MOST_LINES)
        if self.most is not None:
            self.limit = min(self.limit, self.most)
        self.pieces: list[Piece] = []
        self.word_start = self.offset
        self.pending: list[Announced] = []

    def command(self) -> Command:
        text = self.source.text
        while self.offset < self.limit and not (text[self.offset] == "\n" and self._ends_here()):
            self._step(text[self.offset])
        self._end_word()
        end = min(self.offset + 1, len(text))
        column = self.start - self.source.start(self.source.index(self.start))
        heredocs = []
        for pending in self.pending:
            heredoc, end = read_heredoc(self.source, pending, end, column=column, margin=self.indent)
            heredocs.append(heredoc)
        return Command(
            tokens=tuple(self.tokens),
            heredocs=tuple(heredocs),
            refusal=self.refusals[0] if self.refusals else "",
            text=text[self.start : end].rstrip(),
            position=self.source.position(self.start),
            end=end,
        )

    def _ends_here(self) -> bool:
        """Whether a newline here ends the command: not after an operator that wants more."""
        self._end_word()
        return not (self.tokens and self.tokens[-1] in ("|", "||", "&&"))

    def _step(self, character: str) -> None:
        text = self.source.text
        handlers: dict[str, Callable[[], None]] = {
            "'": self._single, '"': self._double, "\\": self._backslash, "$": self._dollar, "`": self._backtick
        }  # fmt: skip
        if handler := handlers.get(character):
            handler()
        elif character.isspace():
            self._end_word()
            self.offset += 1
        elif operator := _OPERATOR.match(text, self.offset):
            self._operator(operator[0])
        elif character == "#" and not self.pieces:
            self.offset = self._line_end()
        else:
            plain = _PLAIN.match(text, self.offset, self.limit)
            self._add(Piece(plain[0]), plain.end())  # type: ignore[index,union-attr]

    def _add(self, piece: Piece, end: int) -> None:
        if not self.pieces:
            self.word_start = self.offset
        self.pieces.append(piece)
        self.offset = end

    def _end_word(self) -> None:
        if not self.pieces:
            return
        bare = "".join(" " if piece.quoted else piece.text for piece in self.pieces if not piece.variable)
        if any("," in braces or ".." in braces for braces in _BRACES.findall(bare)):
            self.refusals.append("it has braces outside quotes, which a shell would expand")
        self.tokens.append(Word(tuple(self.pieces), self.source.position(self.word_start)))
        self.pieces = []

    def _line_end(self) -> int:
        end = self.source.text.find("\n", self.offset)
        return len(self.source.text) if end < 0 else end

    def _single(self) -> None:
        end = self.source.text.find("'", self.offset + 1, self.limit)
        text = self._between(self.offset + 1, end)
        self._add(Piece(text, quoted=True), end + 1)

    def _double(self) -> None:
        end = _DOUBLE_QUOTED.match(self.source.text, self.offset + 1, self.limit).end()  # type: ignore[union-attr]
        text = self._between(self.offset + 1, end if end < self.limit else -1)
        try:
            pieces = pieces_of_double_quoted(text)
        except NotCarriedOut as refused:
            self.refusals.append(str(refused))
            pieces = (Piece(text, quoted=True),)
            end = max(end, self._substitution_end(self.offset + 1, end))
        for piece in pieces:
            self._add(piece, end + 1)

    def _substitution_end(self, start: int, end: int) -> int:
        """Where a double-quoted text ends whose `$(...)` may hold quotes of its own, so that they do not confuse."""
        opening = self.source.text.find("$(", start, end)
        if opening < 0 or len(self.refusals) > _MOST_REFUSALS:
            return end
        following = _DOUBLE_QUOTED.match(self.source.text, self._closing_parenthesis(opening + 1), self.limit)
        closing = following.end() if following else end
        return closing if closing < self.limit else end

    def _between(self, start: int, end: int) -> str:
        """The quoted text, without the page's indentation. Raises InputProblem when the quote never ends."""
        text = self.source.text[start : max(end, start)]
        less = any(line.strip() and len(_INDENT.match(line)[0]) < self.indent for line in text.split("\n")[1:])  # type: ignore[index]
        if end < 0 or less:
            before = " before the text leaves the command's indentation" if less else ""
            raise InputProblem(
                f"the quote that opens here is never closed{before}",
                position=self.source.position(start - 1),
                remedy="add the missing quote",
            )
        return re.sub(rf"\n[ \t]{{0,{self.indent}}}", "\n", text) if self.indent else text

    def _backslash(self) -> None:
        following = self.source.text[self.offset + 1 : self.offset + 2]
        if following == "\n" or not following:
            self.offset += 2
            return
        if following in " \t" and not self.source.text[self.offset + 1 : self._line_end()].strip():
            self.refusals.append("the backslash that should continue its line is followed by a space")
        self._add(Piece(following, quoted=True), self.offset + 2)

    def _dollar(self) -> None:
        text, offset = self.source.text, self.offset
        following = text[offset + 1 : offset + 2]
        if following in ("'", '"'):
            self.refusals.append(f"it uses ${following}...{following}, which needs a shell")
            self._add(Piece("$"), offset + 1)
            return
        try:
            piece, end = variable_at(text, offset, quoted=False)
        except NotCarriedOut as refused:
            self.refusals.append(str(refused))
            end = self._closing_parenthesis(offset + 1) if following == "(" else offset + 2
            piece = Piece(text[offset:end])
        self._add(piece, end)

    def _closing_parenthesis(self, opening: int) -> int:
        """The offset after the parenthesis that closes this one, or the line's end when there is none."""
        depth = 0
        for found in re.compile(r"[()]").finditer(self.source.text, opening, min(opening + 10_000, self.limit)):
            depth += 1 if found[0] == "(" else -1
            if not depth:
                return found.end()
        return self._line_end()

    def _backtick(self) -> None:
        self.refusals.append("it uses a command substitution in backticks, which needs a shell")
        self._add(Piece("`"), self.offset + 1)

    def _operator(self, operator: str) -> None:
        self._end_word()
        position = self.source.position(self.offset)
        self.offset += len(operator)
        self.tokens.append(operator)
        if operator in ("<<", "<<-"):
            self._announce(operator, position)

    def _announce(self, operator: str, position: Position) -> None:
        """Read the end marker's word after `<<`; the heredoc itself begins on the next line."""
        found = re.compile(r"[ \t]*(['\"]?)\\?([A-Za-z0-9_.-]+)\1").match(self.source.text, self.offset)
        if not found:
            raise InputProblem("`<<` without a word that ends the heredoc", position=position)
        expands = found[0].strip() == found[2]
        self.pending.append(Announced(found[2], expands, operator == "<<-", position))
        self.offset = found.end()
