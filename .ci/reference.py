"""The parts of the documentation that are made from the code: command line, exit codes, fields of files and of reports.

They stand in the pages between `<!-- generated: NAME -->` and `<!-- end of NAME -->`: `make table` calls this to renew
them.
"""

import argparse
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from conformance.certification.config.schema import config_schema
from conformance.cli.certify_options import certify_parser
from conformance.cli.help import EXIT_CODES, declare_run_options
from conformance.cli.parser import command_parser
from conformance.core.problems import ExitCode
from conformance.core.providers.schema import provider_schema

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
KEPT = ROOT / "reports" / "standalone-1.4.1" / "report.yaml"

_LONGEST = 60
_WIDTH = 110
_PLACE = re.compile(r"(<!-- generated: (\w+) -->\n).*?(?=<!-- end of \2 -->)", re.DOTALL)
_EXAMPLES = re.compile(r"examples:\n((?:  .*\n?)+)")


def cli() -> str:
    """Every command: what it does, how it is called, its options, its examples."""
    return "\n".join(_commands(command_parser()))


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for name, command in parser.commands.choices.items():  # type: ignore[attr-defined]
        if name == "certify":
            command = certify_parser()
        elif any(type(action).__name__ == "_RunHelp" for action in command._actions):
            declare_run_options(command)
        yield from _command(command)
        if getattr(command, "commands", None) is not None:
            yield from _commands(command)


def _command(command: argparse.ArgumentParser) -> Iterator[str]:
    depth = "#" * len(command.prog.split())
    yield f"{depth} `{command.prog}`\n"
    yield f"{command.description}\n"
    yield f"```text\n{_usage(command)}\n```\n"
    for group in command._action_groups:
        rows = [_row(action) for action in group._group_actions if action.help not in (None, argparse.SUPPRESS)]
        if rows:
            yield _table(f"{group.title} | what it is", rows)
    if found := _EXAMPLES.search(command.epilog or ""):
        yield f"```text\n{found[1].rstrip()}\n```\n"


def _usage(command: argparse.ArgumentParser) -> str:
    """The usage in lines that depend on no terminal."""
    text = " ".join(command.format_usage().removeprefix("usage: ").split())
    # An option stays with its value.
    kept = re.sub(r"\[[^\[\]]*\]", lambda found: found[0].replace(" ", "\0"), text)
    wrapper = textwrap.TextWrapper(_WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    forms = re.split(r" (?=agw-conformance )", kept)
    return "\n".join(line for form in forms for line in wrapper.wrap(form)).replace("\0", " ")


def _row(action: argparse.Action) -> tuple[str, str]:
    taken = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else "")
    taken = "" if action.nargs == 0 else str(taken)
    names = [f"{flag} {taken}".strip() for flag in action.option_strings] or [taken]
    text = re.sub(r"\s+", " ", (action.help or "") % {"default": action.default, "prog": "agw-conformance"})
    return ", ".join(f"`{name}`" for name in names), text


def exit_codes() -> str:
    """The codes that `--help` tells, each with its meaning."""
    meanings = dict(one.split(" ", 1) for one in EXIT_CODES.partition(": ")[2].split(", "))
    if set(meanings) != {str(code.value) for code in ExitCode}:
        raise ValueError(f"--help tells the exit codes {', '.join(meanings)}, which are not those of {ExitCode}")
    return _table("code | when", [(f"`{code}`", meaning) for code, meaning in meanings.items()])


def configuration() -> str:
    """The fields of `.agw-conformance.yaml`."""
    return _fields(config_schema())


def provider_file() -> str:
    """The fields of a file with a provider's facts."""
    return _fields(provider_schema())


def _fields(schema: dict[str, Any]) -> str:
    return _table("field | type | what it is", _described(schema, ""))


def _described(schema: dict[str, Any], prefix: str) -> Iterator[tuple[str, ...]]:
    for name, field in schema.get("properties", {}).items():
        required = ", required" if name in schema.get("required", ()) else ""
        items = field.get("items", {})
        path = f"{prefix}{name}{'[]' if items else ''}"
        values = " or ".join(f"`{one}`" for one in items.get("enum", field.get("enum", ())))
        text = field.get("description", "") + (f" One of: {values}." if values else "")
        yield f"`{path}`", f"{_type(field)}{required}", text
        yield from _described(items or field, f"{path}.")


def _type(field: dict[str, Any]) -> str:
    if "items" in field:
        return f"list of {_type(field['items'])}"
    kind = field.get("type", "text" if "enum" in field else "any")
    return {"string": "text", "object": "mapping"}.get(kind, kind) if isinstance(kind, str) else " or ".join(kind)


def report() -> str:
    """The fields of report.yaml, with what a kept report has in them."""
    with KEPT.open(encoding="utf-8") as file:
        kept = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    seen: dict[str, str] = {}
    for path, value in _leaves(kept, ""):
        seen.setdefault(path, value)
    return _table("field | for example", [(f"`{path}`", value) for path, value in seen.items()])


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value and path not in ("gateway", "inputs", "files", "reproduce.versions"):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, dict):
        name, inner = next(iter(value.items()), ("", ""))
        yield f"{path}.NAME", f"`{name}`: `{_short(inner)}`"
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            yield from _leaves(inner, f"{path}[]")
    elif isinstance(value, list):
        yield f"{path}[]", ", ".join(f"`{_short(one)}`" for one in value[:1])
    else:
        yield path, f"`{_short(value)}`"


def _short(value: Any) -> str:
    text = re.sub(r"\s+", " ", str(value)).replace("`", "'")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def targets_table() -> str:
    """What the real gateways do, as the README has it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.partition("<!-- agw-conformance report table: begin -->\n")[2].partition("<!--")[0]


def action() -> str:
    """The inputs of the GitHub Action."""
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    rows = [
        (f"`{name}`", f"`{one['default']}`" if one["default"] else "", one["description"])
        for name, one in inputs.items()
    ]
    return _table("input | default | what it is", rows)


def _table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    columns = head.split(" | ")
    lines = [columns, ["---"] * len(columns), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


GENERATORS = {
    "cli": cli,
    "exit_codes": exit_codes,
    "configuration": configuration,
    "provider_file": provider_file,
    "report": report,
    "targets_table": targets_table,
    "action": action,
}


def filled(page: str) -> str:
    """The text of a page with what is generated in it."""
    return _PLACE.sub(lambda found: f"{found[1]}{GENERATORS[found[2]]().strip()}\n", page)


if __name__ == "__main__":
    for place in PAGES:
        before = place.read_text(encoding="utf-8")
        if (now := filled(before)) != before:
            place.write_text(now, encoding="utf-8")
