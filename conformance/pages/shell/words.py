"""Words of a command with their variables still in them, and what a shell would make of the variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass

__all__ = [
    "NoValue",
    "NotCarriedOut",
    "Piece",
    "Word",
    "expand",
    "pieces_of_double_quoted",
    "pieces_of_heredoc",
    "variable_at",
]

# `$NAME`, `${NAME}`, or the start of an expansion that only a shell can carry out.
_VARIABLE = re.compile(
    r"\$(?:(?P<plain>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)\}|(?P<odd>[({\d$?!#*@-]))"
)
_ODD = {"(": "a command substitution, $(...)", "{": "an expansion other than ${NAME}"}


class NoValue(InputProblem):
    """A variable that nothing has set, or set to nothing."""

    def __init__(self, name: str, written: str, position: Position) -> None:
        super().__init__(
            f"the variable {written} has no value here",
            position=position,
            remedy=f"set it earlier on the page: export {name}=...",
        )
        self.name = name


class NotCarriedOut(ValueError):
    """Something a page asks for that is not carried out; the text is the reason, for a NotRun step."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a word: literal text, or a variable (then `text` is the reference as written)."""

    text: str
    variable: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command, as a shell splits it; quotes are gone, variables are not yet filled in."""

    pieces: tuple[Piece, ...]
    position: Position

    @property
    def written(self) -> str:
        """The word with its variables as they are written."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def plain(self) -> bool:
        """Whether the word is bare text: no quotes, no variables."""
        return not any(piece.variable or piece.quoted for piece in self.pieces)

    def resolve(self, variables: Mapping[str, str]) -> str:
        """The word with its variables' values.

        Raises InputProblem for a variable without a value, and for an unquoted one whose value a shell would split.
        """
        for piece in self.pieces:
            value = variables.get(piece.variable, "") if piece.variable and not piece.quoted else ""
            if re.search(r"\s", value):
                raise InputProblem(
                    f"the value of {piece.text} holds white space, and it is not quoted",
                    position=self.position,
                    remedy=f'write "{piece.text}" in double quotes',
                )
        return expand(self.pieces, variables, self.position)


def expand(pieces: Iterable[Piece], variables: Mapping[str, str], position: Position) -> str:
    """The pieces' text with the variables filled in. Raises InputProblem for a variable without a value."""
    return "".join(_value(piece, variables, position) if piece.variable else piece.text for piece in pieces)


def _value(piece: Piece, variables: Mapping[str, str], position: Position) -> str:
    value = variables.get(piece.variable)
    # An empty value is what a shell gives an unset variable, and the page then does something else than it says.
    if not value:
        raise NoValue(piece.variable, piece.text, position)
    return value


def variable_at(text: str, offset: int, *, quoted: bool) -> tuple[Piece, int]:
    """The piece that the `$` at this offset begins, and the offset after it; a `$` before nothing is plain text.

    Raises NotCarriedOut for the expansions that need a shell.
    """
    found = _VARIABLE.match(text, offset)
    if not found:
        return Piece("$", quoted=quoted), offset + 1
    if found["odd"]:
        raise NotCarriedOut(f"it uses {_ODD.get(found['odd'], found[0])}, which needs a shell")
    return Piece(found[0], found["plain"] or found["braced"], quoted), found.end()


def pieces_of_double_quoted(text: str) -> tuple[Piece, ...]:
    """The pieces of what stands between double quotes. Raises NotCarriedOut for what needs a shell."""
    return _pieces(text, escapes='$`"\\', quoted=True)


def pieces_of_heredoc(text: str) -> tuple[Piece, ...]:
    """The pieces of a heredoc whose end marker is not quoted. Raises NotCarriedOut for what needs a shell."""
    return _pieces(text, escapes="$`\\", quoted=True)


def _pieces(text: str, *, escapes: str, quoted: bool) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    offset = 0
    for found in re.finditer(r"[\\$`]", text):
        if found.start() < offset:
            continue  # the second half of an escape, or inside a variable
        pieces.append(Piece(text[offset : found.start()], quoted=quoted))
        offset = found.start()
        following = text[offset + 1 : offset + 2]
        if found[0] == "`":
            raise NotCarriedOut("it uses a command substitution in backticks, which needs a shell")
        if found[0] == "$":
            piece, offset = variable_at(text, offset, quoted=quoted)
            pieces.append(piece)
        elif following == "\n":
            offset += 2
        elif following and following in escapes:
            pieces.append(Piece(following, quoted=quoted))
            offset += 2
        else:
            pieces.append(Piece("\\", quoted=quoted))
            offset += 1
    pieces.append(Piece(text[offset:], quoted=quoted))
    # One empty piece stays, so that "" is a word and not nothing.
    return tuple(piece for piece in pieces if piece.text) or (Piece("", quoted=quoted),)
