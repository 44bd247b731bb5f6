"""Tells commands from prose, and says what each command asks for; what is not understood becomes a NotRun step."""

from __future__ import annotations

import re

from conformance.core.problems import InputProblem
from conformance.pages.context import Context
from conformance.pages.kubectl import address_of_gateway, check_filled_in, read_file, read_kubectl
from conformance.pages.model import GATEWAY_VARIABLE, Dummies, Export, Item, NotRun, Request, Step
from conformance.pages.shell.curl import Url, parse_curl
from conformance.pages.shell.splitting import Command
from conformance.pages.shell.words import NotCarriedOut, Piece, Word

__all__ = ["interpret"]

_PLACEHOLDER = re.compile(
    r"<[^<>]*>|(?:your|my|insert|replace|enter)[-_ ].*|\.{3}|x{3,}|sk-(?:\.{3}|x+)", re.IGNORECASE
)

_UNQUOTED_PLACEHOLDER = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(<[^<>\n]*>)[ \t]*")

_EXPORT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")

_READER_FILLS = re.compile(r"(?<![<\w])<[A-Za-z][A-Za-z0-9 _.-]{0,60}>")

_NO_TOOLS = {
    **dict.fromkeys(("cat", "echo", "printf", "ls", "open"), "{!r} only shows something"),
    **dict.fromkeys(
        ("helm", "istioctl", "agctl"), "{!r} installs or asks software; the embedded target brings its own"
    ),
    **dict.fromkeys(
        ("kind", "minikube", "k3d", "docker", "podman", "gcloud", "az"), "{!r} makes clusters or containers"
    ),
    **dict.fromkeys(("apt", "apt-get", "brew", "git", "go", "npm", "pip"), "{!r} fetches software from elsewhere"),
}


def interpret(command: Command, context: Context, item: Item | None) -> list[Step]:
    """What the command asks for, one or more steps; `context` is what the page has established so far."""
    try:
        return _interpret(command, Dummies(context.variables), context, item)
    except NotCarriedOut as refused:
        return [NotRun(command.text, str(refused), command.position, item)]
    except InputProblem as problem:
        return [NotRun(command.text, problem.message, command.position, item)]


def _interpret(command: Command, known: Dummies, context: Context, item: Item | None) -> list[Step]:
    if found := _UNQUOTED_PLACEHOLDER.fullmatch(command.text):
        return [Export(found[1], None, found[2], command.position, item)]
    check_filled_in(command.text)
    if address := address_of_gateway(command, context, item):
        return [address]
    if command.refusal:
        raise NotCarriedOut(command.refusal)
    parts, redirections = _pipeline(command)
    if not parts[0]:
        raise NotCarriedOut("it begins with an operator of the shell")
    cat = [word.written for word in parts[0]] in (["cat"], ["cat", "-"]) and not redirections
    if cat and len(parts) == 2 and parts[1] and parts[1][0].written == "kubectl":
        parts = parts[1:]  # cat <<EOF | kubectl apply -f -
    return _carried_out(command, parts, redirections, known, context, item)


def _carried_out(
    command: Command,
    parts: list[list[Word]],
    redirections: list[str],
    known: Dummies,
    context: Context,
    item: Item | None,
) -> list[Step]:
    """The steps of a pipeline, by the name of its first command. Raises NotCarriedOut for one it does not know."""
    first = parts[0]
    name = first[0].written if first[0].plain else ""
    if name == "export" or (_EXPORT.match(first[0].written) and len(first) == len(parts) == 1):
        return list(_exports(command, parts, item))
    if name == "curl":
        return [_request(command, parts, known, context, item)]
    if name == "kubectl":
        return read_kubectl(command, parts, context, item)
    if name in ("cat", "tee") and (written := read_file(command, parts, redirections, item)):
        return [written]
    other = _NO_TOOLS.get(name, "the command {!r} is not one that is carried out (export, kubectl apply, curl)")
    raise NotCarriedOut(other.format(first[0].written))


def _pipeline(command: Command) -> tuple[list[list[Word]], list[str]]:
    """The words of each command of the pipeline, and the files that `cat` is redirected to.

    Raises NotCarriedOut for any operator but `|`, a heredoc's, `> FILE` of cat, and `&` after a port-forward.
    """
    parts: list[list[Word]] = [[]]
    redirections: list[str] = []
    tokens = list(command.tokens)
    first = tokens[0].written if tokens and isinstance(tokens[0], Word) else ""
    if tokens and tokens[-1] == "&" and any(isinstance(one, Word) and one.written == "port-forward" for one in tokens):
        tokens.pop()
    while tokens:
        token = tokens.pop(0)
        if isinstance(token, Word):
            parts[-1].append(token)
        elif token == "|":
            parts.append([])
        elif token == ">" and first in ("cat", "kubectl") and tokens and isinstance(tokens[0], Word):
            if first == "kubectl":
                raise NotCarriedOut("it writes what kubectl prints into a file")
            redirections.append(tokens.pop(0).written)  # type: ignore[union-attr]
        elif token == "<" and (found := _READER_FILLS.search(command.text)):
            raise NotCarriedOut(f"{found[0]} is for the reader to fill in")
        elif token not in ("<<", "<<-"):
            raise NotCarriedOut(f"it uses {token!r}, which needs a shell")
    return parts, redirections


def _exports(command: Command, parts: list[list[Word]], item: Item | None) -> list[Step]:
    words = parts[0][1:] if parts[0][0].written == "export" else parts[0]
    if len(parts) > 1 or command.heredocs or not words:
        raise NotCarriedOut("it is not a plain `export NAME=value`")
    return [_export(word, item) for word in words]


def _export(word: Word, item: Item | None) -> Export:
    found = _EXPORT.match(word.pieces[0].text) if not word.pieces[0].variable else None
    if not found:
        raise NotCarriedOut(f"`export {word.written}` gives no value")
    rest = Piece(word.pieces[0].text[found.end() :], quoted=True)
    # An assignment is never split at white space, so its variables count as quoted.
    pieces = (rest, *(Piece(piece.text, piece.variable, quoted=True) for piece in word.pieces[1:]))
    value = Word(tuple(piece for piece in pieces if piece.text) or (rest,), word.position)
    if _PLACEHOLDER.fullmatch(value.written):
        return Export(found[1], None, value.written, word.position, item)
    return Export(found[1], value, None, word.position, item)


def _request(command: Command, parts: list[list[Word]], known: Dummies, context: Context, item: Item | None) -> Request:
    filtered = False
    for other in parts[1:]:
        if not other or other[0].written != "jq":
            name = other[0].written if other else ""
            raise NotCarriedOut(f"its output goes into {name!r}; only `| jq` is understood")
        filtered = filtered or any(word.written not in (".", "-C", "-M", "-S") for word in other[1:])
    if command.heredocs:
        raise NotCarriedOut("curl reads a heredoc, and only -d and its like are understood")
    words = tuple(parts[0][1:])
    url = parse_curl([word.resolve(known) for word in words]).parts()
    _check_gateway(url, context)
    return Request(
        parse_curl([word.written for word in words]), words, command.position, command.text, item, filtered=filtered
    )


def _check_gateway(url: Url, context: Context) -> None:
    """Raises NotCarriedOut for a URL that does not lead to the gateway: nothing else is ever sent anything."""
    local = url.host in ("localhost", "127.0.0.1", "[::1]") and url.port in context.ports
    if url.host != Dummies({})[GATEWAY_VARIABLE] and not local:
        if url.host.endswith(".invalid"):
            name = url.host.removesuffix(".invalid").replace("-", "_")
            raise NotCarriedOut(f"it goes to a host that the page does not give: the variable {name.upper()}")
        raise NotCarriedOut(f"it goes to {url.host}:{url.port}, which is not the gateway")
    if url.scheme != "http":
        raise NotCarriedOut("it speaks TLS to the gateway; the embedded gateway's listeners are for HTTP")
