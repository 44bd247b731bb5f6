"""Reads kubectl commands and what writes files for them, without kubectl: what they would apply, and from where."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from conformance.pages.context import Context
from conformance.pages.markup.source import LineOrigin
from conformance.pages.model import Apply, Dummies, Export, Item, PortForward, Step, Write
from conformance.pages.shell.heredoc import Heredoc
from conformance.pages.shell.splitting import Command
from conformance.pages.shell.words import NotCarriedOut, Word

__all__ = ["address_of_gateway", "check_filled_in", "read_apply", "read_file", "read_kubectl"]

# Hugo's, and that of other template languages.
_SHORTCODE = re.compile(r"\{\{[<%].{0,200}?[%>]\}\}|\{%.{0,200}?%\}", re.DOTALL)
_FOR_SOME = re.compile(r"include-if\s*=\s*[\"']\s*([\w.-]+)")
_VALUES = ("-n", "--namespace", "--field-manager", "--validate", "-o", "--output", "--timeout", "--context")
_FLAGS = ("--server-side", "--force-conflicts", "--wait", "--overwrite")
_SECRET_VALUES = ("-n", "--namespace", "--type", "-o", "--output", "--context")
_ADDRESS = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=\"?\$\((kubectl[ \t].*)\)\"?[ \t]*", re.DOTALL)
_FORWARDED = re.compile(r"(?:(\d{1,5})?:)?(\d{1,5})")
# Ports of the proxy itself: its admin interface, statistics and readiness.
_ADMIN_PORTS = (15000, 15020, 15021, 19000)
# Why a kubectl command is not carried out, by its verb; `{}` is the verb.
_LOOKS = "`kubectl {}` only looks at the cluster"
_REASONS = {
    **dict.fromkeys(("get", "describe", "logs", "wait", "rollout", "explain", "version", "top", "events"), _LOOKS),
    "delete": "`kubectl delete`: the target ends with the page, and everything on it",
    "port-forward": "it forwards a port of something else than the gateway",
    **dict.fromkeys(("exec", "run", "debug", "cp"), "`kubectl {}` needs pods, and the embedded target has none"),
}


def read_kubectl(command: Command, parts: list[list[Word]], context: Context, item: Item | None) -> list[Step]:
    """The steps of a command that begins with kubectl. Raises NotCarriedOut for what is not carried out."""
    words = [word.written for word in parts[0]]
    verb = _verb(words)
    if verb == "port-forward":
        return [_port_forward(command, words, context, item)]
    if words[1:3] == ["create", "secret"]:
        return [_create_secret(command, parts, item)]
    if words[1:3] in (["create", "namespace"], ["create", "ns"]) and len(words) == 4 and len(parts) == 1:
        return [
            _made(command, json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": words[3]}}), item)
        ]
    if verb != "apply":
        raise NotCarriedOut(
            _REASONS.get(verb, "`kubectl {}` is not carried out; of kubectl, only `apply` is").format(verb)
        )
    if len(parts) > 1 or any(piece.variable for word in parts[0] for piece in word.pieces):
        raise NotCarriedOut(
            "of `kubectl apply`, only the form with the manifests in a heredoc or file of the page is read"
        )
    return list(read_apply(command, words, context, item))


def read_apply(command: Command, words: Sequence[str], context: Context, item: Item | None) -> list[Apply]:
    """`kubectl apply`, a step for each `-f`. Raises NotCarriedOut for manifests that are not on the page."""
    options, files = _options(words[2:])
    if not files:
        raise NotCarriedOut("it applies manifests that are not on the page; no file or address is read")
    namespace = options.get("-n", options.get("--namespace", ""))
    steps = []
    for name in files:
        heredoc = command.heredocs[0] if name == "-" and len(command.heredocs) == 1 else context.file(name)
        if heredoc is None and context.loose is not None and "://" not in name and name != "-":
            # "Save this as a file", says the page somehow; it is the block before the command.
            heredoc, context.loose = context.loose, None
        if heredoc is None:
            raise NotCarriedOut("it applies manifests that are not on the page; no file or address is read")
        check_filled_in(heredoc.text)
        heredoc.resolve(Dummies(context.variables))
        file = "" if name == "-" else name
        steps.append(Apply(heredoc, command.position, namespace, "--server-side" in options, item, file))
    return steps


def check_filled_in(text: str) -> None:
    """Raises NotCarriedOut for text with a gap that the page's own builder would have filled."""
    if (shortcode := _SHORTCODE.search(text)) and (version := _FOR_SOME.search(shortcode[0])):
        raise NotCarriedOut(f"it depends on {shortcode[0]}; say for which reader, as with --when {version[1]}")
    if shortcode:
        raise NotCarriedOut(
            f"what {shortcode[0]} stands for is not on the page; give the rendered page, or the one in its checkout"
        )


def read_file(
    command: Command, parts: list[list[Word]], redirections: Sequence[str], item: Item | None
) -> Write | None:
    """The file that `cat > FILE <<EOF` or `tee FILE <<EOF` writes; None for a command that writes none."""
    last = [word.written for word in parts[-1]]
    first = [word.written for word in parts[0]]
    names = [*redirections] if first[0] == "cat" and len(parts) == 1 else []
    if last[0] == "tee" and len(last) == 2 and first[:1] in (["cat"], ["tee"]) and len(parts) <= 2:
        names = last[1:]
    if len(names) != 1 or len(command.heredocs) != 1:
        return None
    return Write(names[0].removeprefix("./"), command.heredocs[0], command.position, item)


def address_of_gateway(command: Command, context: Context, item: Item | None) -> Export | None:
    """`NAME=$(kubectl get svc GATEWAY -o jsonpath=...)`: the gateway's address, which needs no cluster to be known."""
    found = _ADDRESS.fullmatch(command.text)
    if not found or command.heredocs:
        return None
    words = re.split(r"[\s/=\"']+", found[2])
    kinds = {"svc", "service", "services", "gateway", "gateways", "gtw", "gateways.gateway.networking.k8s.io"}
    asks = "get" in words and kinds.intersection(words) and context.gateways.intersection(words)
    address = re.search(r"ingress|addresses|clusterIP|externalIP", found[2])
    return Export(found[1], None, None, command.position, item, gateway=True) if asks and address else None


def _verb(words: Sequence[str]) -> str:
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in _VALUES and rest:
            rest.pop(0)
    return rest[0] if rest else ""


def _port_forward(command: Command, words: Sequence[str], context: Context, item: Item | None) -> PortForward:
    """Raises NotCarriedOut when what is forwarded is no gateway."""
    rest = [word for word in words if not word.startswith("-")]
    ports = [found for word in rest if (found := _FORWARDED.fullmatch(word))]
    names = {word.rpartition("/")[2] for word in rest}
    if len(ports) != 1:
        raise NotCarriedOut("`kubectl port-forward` with one pair of ports is understood")
    port = int(ports[0][1] or ports[0][2])
    if names & context.gateways and int(ports[0][2]) in _ADMIN_PORTS:
        context.ports.discard(port)
        raise NotCarriedOut("it forwards the proxy's admin port, which the embedded gateway does not have")
    if not names & context.gateways:
        context.ports.discard(port)
        raise NotCarriedOut(_REASONS["port-forward"])
    return PortForward(port, command.text, command.position, item)


def _create_secret(command: Command, parts: list[list[Word]], item: Item | None) -> Apply:
    """`kubectl create secret generic NAME --from-literal=KEY=VALUE`, as the Secret that it makes."""
    piped = [[word.written for word in part] for part in parts[1:]]
    if command.heredocs or any(words[:2] != ["kubectl", "apply"] for words in piped):
        raise NotCarriedOut("of `kubectl create secret`, only generic ones with --from-literal are read")
    rest, options, texts = list(parts[0][3:]), dict[str, str](), list[str]()
    names: list[str] = []
    while rest:
        word = rest.pop(0)
        option, equals, value = word.written.partition("=")
        if option == "--from-literal":
            literal = word if equals else rest.pop(0) if rest else word
            texts.append(_entry(literal, "--from-literal=" if equals else ""))
        elif option in _SECRET_VALUES:
            options[option] = value if equals else rest.pop(0).written if rest else ""
        elif option.startswith("-"):
            if option not in ("--dry-run", "--save-config"):
                raise NotCarriedOut(f"the kubectl option {option} is not supported")
        else:
            names.append(word.written)
    if names[:1] != ["generic"] or len(names) != 2 or not texts:
        raise NotCarriedOut("of `kubectl create secret`, only generic ones with --from-literal are read")
    namespace = options.get("-n", options.get("--namespace", ""))
    head = json.dumps({"name": names[1]})
    text = (
        f'{{"apiVersion": "v1", "kind": "Secret", "metadata": {_shielded(head)}, "stringData": {{{", ".join(texts)}}}}}'
    )
    return _made(command, text, item, namespace)


def _made(command: Command, text: str, item: Item | None, namespace: str = "") -> Apply:
    """An object that a command describes by its options, as manifests in JSON."""
    place = LineOrigin(command.position.file, command.position.line, exact=False)
    return Apply(Heredoc((text,), (place, place), (0,), expands=True), command.position, namespace, False, item)


def _entry(word: Word, option: str) -> str:
    """`KEY=VALUE` after the option as a field of JSON in a heredoc: its variables are still to be filled in."""
    key = ""
    value = ""
    for piece in word.pieces:
        if piece.variable:
            value += f"${{{piece.variable}}}"
        elif "=" in key.removeprefix(option):
            value += _shielded(json.dumps(piece.text)[1:-1])
        else:
            key, equals, rest = (key + piece.text).removeprefix(option).partition("=")
            value += _shielded(json.dumps(rest)[1:-1])
            key += equals
    if not re.fullmatch(r"[A-Za-z0-9._-]+=", key):
        raise NotCarriedOut("of `kubectl create secret`, only --from-literal=KEY=VALUE is read")
    return f'{json.dumps(key[:-1])}: "{value}"'


def _shielded(text: str) -> str:
    """The text as a heredoc must have it to give it back."""
    return re.sub(r"([\\$`])", r"\\\1", text)


def _options(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The options of `kubectl apply` that are understood, and the files."""
    options: dict[str, str] = {}
    files: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        if name in ("-f", "--filename", *_VALUES):
            value = value.removeprefix("=") if equals else rest.pop(0) if rest else ""
            if name in ("-f", "--filename"):
                files += [value] if value else []
            else:
                options[name] = value
        elif name in _FLAGS and value in ("", "true"):
            options[name] = "true"
        else:
            raise NotCarriedOut(f"the kubectl option {name if word.startswith('-') else repr(word)} is not supported")
    return options, files
