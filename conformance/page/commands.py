"""Tells commands from prose, and says what each command asks for; what is not understood becomes a NotRun step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from conformance.page.curl import parse_curl
from conformance.page.model import GATEWAY_VARIABLE, Apply, Dummies, Export, Item, NotRun, Request, Step
from conformance.page.shell import Command
from conformance.page.words import Piece, Refused, Word
from conformance.problems import InputProblem

__all__ = ["interpret", "looks_like_command"]

_ASSIGNMENT = re.compile(r"export\s+[A-Za-z_][A-Za-z0-9_]*=|export\s+[A-Z_][A-Z0-9_]*\b|[A-Z_][A-Z0-9_]*=\S")
_TOOLS = frozenset(
    """agctl apt apt-get aws az bash brew cat cd chmod cp curl docker echo eval gcloud git go grep helm http istioctl jq
    k3d kill kind kubectl ls make minikube mkdir mv nc npm openssl pip podman printf python python3 rm sed sh sleep
    source sudo tar tee unset watch wget yq""".split()  # noqa: SIM905 - reads better than fifty quoted words
)
# After a tool's name these make a sentence about the tool, not a call of it.
_SENTENCE = frozenset(
    """a also am an and are as at but by can cannot command commands could do does doesn't for from has have if in
    instead is isn't it its may must needs of on or output prints requires returns sends should shows so supports that
    the then this to when which will with would your""".split()  # noqa: SIM905 - as above
)
_EVIDENCE = re.compile(r" \| | && |<<| >>? ?[^ ]{1,100}$|\$\(| --?[A-Za-z]|\\$")
_NAME = re.compile(r"[a-z~./][A-Za-z0-9_./-]*")
_PLACEHOLDER = re.compile(
    r"<[^<>]*>|(?:your|my|insert|replace|enter)[-_ ].*|\.{3}|x{3,}|sk-(?:\.{3}|x+)", re.IGNORECASE
)
_UNQUOTED_PLACEHOLDER = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(<[^<>\n]*>)[ \t]*")
_EXPORT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")

_APPLY_VALUES = ("-n", "--namespace", "--field-manager", "--validate", "-o", "--output", "--timeout")
_APPLY_FLAGS = ("--server-side", "--force-conflicts", "--wait", "--overwrite")


def looks_like_command(text: str, *, in_shell_block: bool = False) -> bool:
    """Whether a line, without its indentation, begins a command. In doubt it does: nothing may be skipped unseen."""
    if _ASSIGNMENT.match(text):
        return True
    if text.startswith("#"):
        return False
    if in_shell_block:
        return True
    words = text.split(maxsplit=2)
    second = words[1].lower().strip(".,:;") if len(words) > 1 else "is"
    if words[0] in _TOOLS:
        return second not in _SENTENCE
    ends_as_prose = text.rstrip().endswith((".", ":", ",", "?", "!"))
    return bool(_NAME.fullmatch(words[0]) and _EVIDENCE.search(text) and not ends_as_prose and second not in _SENTENCE)


def interpret(command: Command, known: Mapping[str, str], item: Item | None) -> list[Step]:
    """What the command asks for, one or more steps; `known` are the variables that the page has set so far."""
    try:
        return _interpret(command, Dummies(known), item)
    except Refused as refused:
        return [NotRun(command.text, str(refused), command.position, item)]
    except InputProblem as problem:
        return [NotRun(command.text, problem.message, command.position, item)]


def _interpret(command: Command, known: Dummies, item: Item | None) -> list[Step]:
    if found := _UNQUOTED_PLACEHOLDER.fullmatch(command.text):
        return [Export(found[1], None, found[2], command.position, item)]
    if command.refusal:
        raise Refused(command.refusal)
    parts = _pipeline(command)
    first = parts[0]
    if not first:
        raise Refused("it begins with an operator of the shell")
    name = first[0].written if first[0].plain else ""
    if name == "export" or (_EXPORT.match(first[0].written) and len(first) == len(parts) == 1):
        return _exports(command, parts, item)
    if name == "curl":
        return [_request(command, parts, known, item)]
    if name in ("kubectl", "cat"):
        return [_apply(command, parts, known, item)]
    raise Refused(f"the command {first[0].written!r} is not one that is carried out (export, kubectl apply, curl)")


def _pipeline(command: Command) -> list[list[Word]]:
    """The words of each command of the pipeline. Raises Refused for any operator but `|` and a heredoc's."""
    parts: list[list[Word]] = [[]]
    for token in command.tokens:
        if isinstance(token, Word):
            parts[-1].append(token)
        elif token == "|":
            parts.append([])
        elif token not in ("<<", "<<-"):
            raise Refused(f"it uses {token!r}, which needs a shell")
    return parts


def _exports(command: Command, parts: list[list[Word]], item: Item | None) -> list[Step]:
    words = parts[0][1:] if parts[0][0].written == "export" else parts[0]
    if len(parts) > 1 or command.heredocs or not words:
        raise Refused("it is not a plain `export NAME=value`")
    return [_export(word, item) for word in words]


def _export(word: Word, item: Item | None) -> Export:
    found = _EXPORT.match(word.pieces[0].text) if not word.pieces[0].variable else None
    if not found:
        raise Refused(f"`export {word.written}` gives no value")
    rest = Piece(word.pieces[0].text[found.end() :], quoted=True)
    # An assignment is never split at white space, so its variables count as quoted.
    pieces = (rest, *(Piece(piece.text, piece.variable, quoted=True) for piece in word.pieces[1:]))
    value = Word(tuple(piece for piece in pieces if piece.text) or (rest,), word.position)
    if _PLACEHOLDER.fullmatch(value.written):
        return Export(found[1], None, value.written, word.position, item)
    return Export(found[1], value, None, word.position, item)


def _request(command: Command, parts: list[list[Word]], known: Dummies, item: Item | None) -> Request:
    for other in parts[1:]:
        if not other or other[0].written != "jq":
            name = other[0].written if other else ""
            raise Refused(f"its output goes into {name!r}; only `| jq` is understood")
    if command.heredocs:
        raise Refused("curl reads a heredoc, and only -d and its like are understood")
    words = tuple(parts[0][1:])
    url = parse_curl([word.resolve(known) for word in words]).parts()
    gateway = Dummies({})[GATEWAY_VARIABLE]
    if url.host != gateway and (url.host not in ("localhost", "127.0.0.1", "[::1]") or url.port != 8080):
        raise Refused(f"it goes to {url.host}:{url.port}, which is not the gateway")
    return Request(parse_curl([word.written for word in words]), words, command.position, command.text, item)


def _apply(command: Command, parts: list[list[Word]], known: Dummies, item: Item | None) -> Apply:
    if [word.written for word in parts[0]] in (["cat"], ["cat", "-"]) and len(parts) == 2:
        parts = parts[1:]  # cat <<EOF | kubectl apply -f -
    words = [word.written for word in parts[0]]
    if len(parts) > 1 or words[:2] != ["kubectl", "apply"] or any(p.variable for w in parts[0] for p in w.pieces):
        raise Refused("of kubectl, only `kubectl apply -f-` with the manifests in a heredoc is carried out")
    options = _apply_options(words[2:])
    if options.get("-f") != "-" or len(command.heredocs) != 1:
        raise Refused("it applies manifests that are not on the page; no file or address is read")
    namespace = options.get("-n", options.get("--namespace", ""))
    heredoc = command.heredocs[0]
    heredoc.resolve(known)
    return Apply(heredoc, command.position, namespace, "--server-side" in options, item)


def _apply_options(words: Sequence[str]) -> dict[str, str]:
    """The options of `kubectl apply` that are understood, with `-f` for all its spellings."""
    options: dict[str, str] = {}
    rest = list(words)
    take: Callable[[], str] = lambda: rest.pop(0) if rest else ""  # noqa: E731 - one use, one line
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        if name in ("-f", "--filename"):
            if "-f" in options:
                raise Refused("it applies more than one file")
            options["-f"] = value.removeprefix("=") if equals else take()
        elif name in _APPLY_VALUES:
            options[name] = value.removeprefix("=") if equals else take()
        elif name in _APPLY_FLAGS and value in ("", "true"):
            options[name] = "true"
        else:
            raise Refused(f"the kubectl option {name if word.startswith('-') else repr(word)} is not supported")
    return options
