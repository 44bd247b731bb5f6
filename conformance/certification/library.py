"""The library for tests of one's own: `from conformance import certify`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypedDict, TypeVar, Unpack

import yaml

from conformance.certification.config.reading import load_config
from conformance.certification.findings import ManifestVerdict, verdict_of
from conformance.certification.request import CertifyRequest, RunOptions, check_options, parts_of
from conformance.certification.source import read_source
from conformance.certification.text import lines_of
from conformance.certification.whole import certify_source, settings_for, write
from conformance.core.loop_thread import LoopThread
from conformance.core.problems import InputProblem, Position, SetupProblem
from conformance.core.progress import QuietProgress
from conformance.core.redaction import redact
from conformance.core.terminal import one_line
from conformance.stage.settings import DEFAULT_TARGET, TargetOptions
from conformance.targets.registry import target_named

__all__ = ["CertifyOptions", "Given", "certify", "certify_async", "options_of"]

Given = str | PathLike[str] | Mapping[str, Any]
"""A file or folder with manifests, or one manifest as plain data."""

T = TypeVar("T")


class CertifyOptions(TypedDict, total=False):
    """The options of `agw-conformance certify` by their names; all may be left out.

    `secrets` has for the name or namespace/name of a Secret the environment variable that holds its key; `fix=False`
    is --no-fix. `config`: the repository's file; "none": nothing is read. `target` is a name or, with options of
    its own, a StandaloneOptions, KindOptions, ClusterOptions or EmbeddedOptions.
    """

    target: str | TargetOptions
    dialect: str | None
    providers: Sequence[str]
    level: str
    deviations: str | None
    cases: Sequence[str]
    secrets: Mapping[str, str]
    report: str | PathLike[str] | None
    fix: bool
    strict: bool
    gateway_version: str | None
    config: str | PathLike[str] | None
    group: str | None
    helm_values: Sequence[str]


def certify(*given: Given, **options: Unpack[CertifyOptions]) -> ManifestVerdict:
    """The verdict for files, folders and objects together; without any, for those that the
    repository's configuration names, or made for the `providers`.

    An object's findings have the lines that PyYAML's `safe_dump(..., sort_keys=False)` gives it. All work is done on an
    event loop in a thread of its own, while this one waits: it may be called where a loop runs, but a coroutine rather
    awaits `certify_async`.

    Raises InputProblem for what cannot be used, with the command's message, and SetupProblem where the target cannot
    be set up.
    """
    request, thread = _request(given, options), LoopThread("agw-conformance certify")
    thread.start()
    try:
        return thread.run(_certify(request))
    except (InputProblem, SetupProblem) as problem:
        raise _redacted(problem) from None
    finally:
        thread.stop()


async def certify_async(*given: Given, **options: Unpack[CertifyOptions]) -> ManifestVerdict:
    """As `certify`, while the caller's event loop goes on."""
    request, thread = _request(given, options), LoopThread("agw-conformance certify")
    thread.start()
    try:
        return await thread.call(_certify(request))
    except (InputProblem, SetupProblem) as problem:
        raise _redacted(problem) from None
    finally:
        await asyncio.to_thread(thread.stop)


def options_of(run: RunOptions) -> CertifyOptions:
    """Of a run's options, those that are not about which manifests and cases it is for."""
    return CertifyOptions(
        target=run.on,
        dialect=run.dialect,
        level=run.level,
        deviations=run.deviations,
    )


async def _certify(request: CertifyRequest) -> ManifestVerdict:
    source = read_source(request)
    settings = settings_for(request, source)
    found, search = await certify_source(source, settings, request, QuietProgress())
    write(found)
    if found.problem is not None:
        raise found.problem
    return verdict_of(found, "\n".join(one_line(redact(line)) for line in lines_of(found, search)))


def _redacted(problem: InputProblem | SetupProblem) -> InputProblem | SetupProblem:
    """The same without keys: who shows it does not know of any."""
    remedy = redact(problem.remedy) if problem.remedy else None
    if isinstance(problem, SetupProblem):
        return SetupProblem(redact(problem.message), remedy=remedy)
    field = redact(problem.field) if problem.field else None
    return InputProblem(redact(problem.message), position=problem.position, field=field, remedy=remedy)


def _request(given: Sequence[object], options: CertifyOptions) -> CertifyRequest:
    """What the arguments ask for. Raises InputProblem for one of a wrong type, and for what is no option."""
    if unknown := sorted(options.keys() - CertifyOptions.__annotations__.keys()):
        raise InputProblem(f"{unknown[0]}: unknown", remedy=f"one of: {', '.join(CertifyOptions.__annotations__)}")
    paths, texts = _manifests(given)
    usual = RunOptions()
    run = RunOptions(
        manifests=tuple(paths),
        on=_target(options.get("target", DEFAULT_TARGET)),
        dialect=_text(options.get("dialect"), "dialect"),
        providers=_texts(options.get("providers", ()), "providers"),
        level=_of_type(str, "a text", options.get("level", usual.level), "level"),
        report=Path(report) if (report := _path(options.get("report"), "report")) else None,
        deviations=_text(options.get("deviations"), "deviations"),
        cases=_texts(options.get("cases", ()), "cases"),
    )
    check_options(run)
    config = load_config(_path(options.get("config"), "config"))
    group = _text(options.get("group"), "group")
    parts = parts_of(config, run, [group] if group else [], apart=False)
    if len(parts) > 1:
        names = ", ".join(one.name for one in parts)
        raise InputProblem("several groups are certified apart", remedy=f"give group, one of: {names}")
    request = CertifyRequest(
        run,
        secrets=_variables(options.get("secrets", {})),
        fix=_of_type(bool, "True or False", options.get("fix", True), "fix"),
        strict=_of_type(bool, "True or False", options.get("strict", False), "strict"),
        gateway_version=_text(options.get("gateway_version"), "gateway_version"),
        texts=texts,
        evidence=True,
        config=config,
        values=_texts(options.get("helm_values", ()), "helm_values"),
    )
    return parts[0].of(request)


def _manifests(given: Sequence[object]) -> tuple[list[str], dict[str, str]]:
    """The names of what is to be read, and the texts of those that are in no file."""
    paths, texts = list[str](), dict[str, str]()
    for number, one in enumerate(given, 1):
        if isinstance(one, Mapping):
            name = f"<object {number}>"
            texts[name] = _dumped(one, name)
        elif not isinstance(one, str | PathLike):
            remedy = "give paths and objects, those of a list as certify(*items)"
            raise InputProblem(f"{_type(one)} is neither a path nor an object", remedy=remedy)
        else:
            name = _path(one, f"argument {number}") or ""
            if name in ("", "-"):
                raise InputProblem(f"{name!r} is no path", remedy="give a file, a folder or an object")
        paths.append(name)
    return paths, texts


def _dumped(data: Mapping[Any, Any], name: str) -> str:
    try:
        return yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True)
    except (yaml.YAMLError, RecursionError):
        remedy = "give what PyYAML's safe_load makes of a manifest: dictionaries, lists, texts, numbers, booleans, None"
        raise InputProblem("no plain data", position=Position(name), remedy=remedy) from None  # it tells values


def _target(value: object) -> TargetOptions:
    if isinstance(value, TargetOptions):
        return value
    usual: TargetOptions = target_named(_of_type(str, "a name or a target's options", value, "target")).usual()
    return usual


def _of_type(kind: type[T], called: str, value: object, name: str) -> T:
    if not isinstance(value, kind):
        raise InputProblem(f"{name}: expected {called}, found {_type(value)}")
    return value


def _optional(kind: type[T], called: str, value: object, name: str) -> T | None:
    return None if value is None else _of_type(kind, called, value, name)


def _text(value: object, name: str) -> str | None:
    return _optional(str, "a text", value, name)


def _path(value: object, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str | PathLike) or not isinstance(found := fspath(value), str):
        raise InputProblem(f"{name}: expected a path, found {_type(value)}")
    if "\0" in found:
        raise InputProblem(f"{name}: {found!r} is no path")
    return found


def _texts(value: object, name: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InputProblem(f"{name}: expected a list of texts, found {_type(value)}")
    return tuple(_of_type(str, "a list of texts", one, name) for one in value)


def _variables(value: object) -> tuple[str, ...]:
    if not isinstance(value, Mapping):
        raise InputProblem(f"secrets: expected a mapping, found {_type(value)}")
    return tuple(f"{name}={variable}" for name, variable in value.items())


def _type(value: object) -> str:
    return f"a value of type {type(value).__name__}"
