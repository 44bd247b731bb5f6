"""`provider`: lists the known ones, shows one, writes a file for another, checks such files, prints their schema."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from conformance.core.files import read_regular
from conformance.core.problems import ExitCode, InputProblem
from conformance.core.providers.provider import Provider
from conformance.core.providers.reading import LARGEST_PROVIDER, read_provider
from conformance.core.providers.schema import provider_schema
from conformance.core.providers.shipped import is_file, list_providers, load_provider, provider_file
from conformance.core.startup.records import dataclass
from conformance.core.terminal import say

__all__ = ["NewProvider", "check_files", "list_known", "new_file", "print_schema", "run", "show"]

_OPTIONS = {
    "name": "NAME",
    "models": "--model",
    "auth.header": "--header",
    "auth.scheme": "--scheme",
}
"""What a person writes on the command line for a field of the file, where it is not the field's own name."""

_COMMENT = (
    "# Facts of a provider, for agw-conformance. `agw-conformance provider schema` tells what else may stand here."
)


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    match options.what:
        case "list":
            return list_known(as_json=options.json)
        case "show":
            return show(options.name)
        case "new":
            return new_file(_new_provider(options), options.out, force=options.force)
        case "check":
            return check_files(options.files)
        case _:
            return print_schema()


def _new_provider(options: argparse.Namespace) -> NewProvider:
    return NewProvider(
        options.name,
        options.host,
        options.path,
        port=options.port,
        title=options.title,
        models=tuple(options.model),
        header=options.header,
        scheme=options.scheme,
        plaintext=options.plaintext,
        no_key=options.no_key,
    )


def list_known(*, as_json: bool) -> int:
    """Print the providers whose facts the suite has."""
    known = [load_provider(name) for name in list_providers()]
    if as_json:
        print(json.dumps([_data(one) for one in known], indent=2, ensure_ascii=False))
        return ExitCode.CONFORMANT
    rows = [("NAME", "TITLE", "HOST", "PATH", "MODELS")]
    rows += [_row(one) for one in known]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[4]]))
    return ExitCode.CONFORMANT


def _row(provider: Provider) -> tuple[str, str, str, str, str]:
    models = "any" if provider.any_model else ", ".join(provider.models)
    return provider.name, provider.title, f"{provider.host_form}:{provider.port}", provider.path_form, models


def _data(provider: Provider) -> dict[str, Any]:
    return {
        "name": provider.name,
        "title": provider.title,
        "host": provider.host,
        "other_hosts": list(provider.other_hosts),
        "former_hosts": list(provider.former_hosts),
        "not_at": list(provider.not_at),
        "port": provider.port,
        "path": provider.path,
        "other_paths": list(provider.other_paths),
        "tls": provider.tls,
        "auth": {
            "header": provider.auth_header,
            "scheme": provider.auth_scheme,
            "required": provider.auth_required,
        },
        "other_auth": [{"header": one.header, "scheme": one.scheme} for one in provider.other_auth],
        "models": list(provider.models),
    }


def show(name: str) -> int:
    """Print the file with a provider's facts. Raises InputProblem when there is none, or it is not in order."""
    load_provider(name)
    print(provider_file(name).read_text(encoding="utf-8"), end="")
    return ExitCode.CONFORMANT


def print_schema() -> int:
    """Print the JSON Schema of provider files."""
    print(json.dumps(provider_schema(), indent=2))
    return ExitCode.CONFORMANT


def check_files(files: Sequence[str]) -> int:
    """Say of each file whether it is in order; of one that is not, what and where. Returns an ExitCode."""
    good = True
    for file in files:
        try:
            provider = _read(file)
        except InputProblem as problem:
            say(f"agw-conformance: {problem}", sys.stderr)
            good = False
        else:
            say(f"{file}: in order: {provider.name}, {provider.title} at {provider.authority}{provider.path}")
    return ExitCode.CONFORMANT if good else ExitCode.BAD_INPUT


def _read(file: str) -> Provider:
    return read_provider(read_regular(Path(file), LARGEST_PROVIDER), file)


@dataclass(frozen=True)
class NewProvider:
    """What the options of `provider new` say; None: not given.

    Without a scheme it is Bearer in Authorization (RFC 6750), and none in a header that is for keys alone.
    """

    name: str
    host: str
    path: str
    port: int | None = None
    title: str | None = None
    models: tuple[str, ...] = ()
    header: str | None = None
    scheme: str | None = None
    plaintext: bool = False
    no_key: bool = False

    @property
    def alone(self) -> bool:
        """Whether the key stands alone in its header."""
        return not self.no_key and self._scheme == ""

    @property
    def supposed(self) -> str:
        """What was taken for granted; empty when nothing was that might surprise."""
        if self.scheme is not None or not self.alone:
            return ""
        return f"The key stands alone in {self.header}; if a word comes before it, say so: --scheme Bearer"

    @property
    def _scheme(self) -> str:
        usual = (self.header or "Authorization").lower() == "authorization"
        return self.scheme if self.scheme is not None else "Bearer" if usual else ""

    def text(self) -> str:
        """The file. Raises InputProblem that names the option whose value cannot be used."""
        text = yaml.safe_dump(self._fields(), sort_keys=False, allow_unicode=True, width=1000)
        try:
            read_provider(text, "the options")
        except InputProblem as problem:
            field = (problem.field or "").partition("[")[0]
            option = _OPTIONS.get(field, f"--{field}")
            raise InputProblem(f"{option}: {problem.message}", remedy=problem.remedy) from problem
        return f"{_COMMENT}\n{text}"

    def _fields(self) -> dict[str, Any]:
        auth = {"header": "Authorization" if self.header is None else self.header, "scheme": self._scheme}
        return {
            "name": self.name,
            "title": self.name if self.title is None else self.title,
            "host": self.host,
            "port": self.port if self.port is not None else 80 if self.plaintext else 443,
            "path": self.path,
            **({"tls": False} if self.plaintext else {}),
            "auth": {"required": False} if self.no_key else auth,
            **({"models": list(self.models)} if self.models else {}),
        }


def new_file(wanted: NewProvider, out: str | None, *, force: bool) -> int:
    """Write a provider file. Raises InputProblem for values that cannot be used, and for a file that is there."""
    text = wanted.text()
    path = Path(out or f"{wanted.name}.yaml")
    if not is_file(path.name):
        raise InputProblem(f"--out {path}: expected a name that ends in .yaml or .yml")
    _write(path, text, force=force)
    place = path if path.is_absolute() or path.parent != Path() else f"./{path}"
    if wanted.supposed:
        say(wanted.supposed)
    # The API of kgateway 2.1 has no way to say it.
    dialect = " --dialect agentgateway-1" if wanted.alone else ""
    say(f"{path} written. Try it: agw-conformance certify --provider {place}{dialect}")
    return ExitCode.CONFORMANT


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        if force:
            # Only who overwrites waits for the reports' parts.
            from conformance.core.files import write_atomically

            write_atomically(path, text)
        else:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except FileExistsError as error:
        raise InputProblem(
            f"{path}: there is such a file already", remedy="choose another --out, or overwrite it with --force"
        ) from error
    except OSError as error:
        raise InputProblem(f"{path}: cannot be written: {error.strerror}", remedy="choose another --out") from error
