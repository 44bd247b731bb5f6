"""Which tests certify manifests: those that hold exactly these objects to account, not variations of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.case import Case, case_of
from conformance.stage.scenario.scenario import Scenario

__all__ = ["GivenTest", "given_tests"]

_EACH: Mapping[str, tuple[str, ...]] = {
    "test_admission": ("admission/manifests-accepted",),
    "test_status_gateway": ("status/class-accepted", "status/gateway-programmed"),
    "test_status": ("status/backend-accepted", "status/route-accepted-and-resolved"),
    "test_status_policy": ("status/policy-accepted",),
    "test_routing": (
        "routing/reaches-provider",
        "routing/custom-host-not-default",
        "routing/only-own-provider",
    ),
    "test_tls": ("tls/policy-makes-tls",),
    "test_tls_policies": ("tls/status-tells-the-truth",),
    "test_tls_certificates": ("tls/bad-certificate-refused",),
    "test_host": ("host/rewritten-by-route",),
    "test_auth": (
        "auth/key-as-bearer",
        "auth/no-placeholder",
        "auth/own-key-only",
        "auth/client-authorization-replaced",
    ),
    "test_path": ("path/full-replaces-path", "path/query-replaced-too"),
    "test_model": ("model/overrides-empty", "model/added-when-absent", "model/response-untouched"),
    "test_body": ("body/messages-kept", "body/other-fields-kept"),
    "test_streaming": ("streaming/events-in-order", "streaming/model-path-and-key"),
    "test_errors": ("errors/message-visible",),
    "test_secrets": ("secrets/encrypted", "secrets/hidden-in-statuses"),
}
"""Modules of cases, in the order in which a person would look for a mistake, and their cases."""

_ONLY: Mapping[str, tuple[str, ...]] = {
    "tls/bad-certificate-refused": ("wrong-name", "other-authority"),
    "tls/status-tells-the-truth": ("documented",),
    "routing/custom-host-not-default": ("documented",),
    "auth/client-authorization-replaced": ("bearer",),
    "path/full-replaces-path": ("/foo/bar",),
    "path/query-replaced-too": ("?x=1",),
    "model/added-when-absent": ("absent",),
    "host/rewritten-by-route": ("other-host",),
    "body/messages-kept": ("scripts", "tool-calls"),
    "body/other-fields-kept": ("tools", "unknown"),
    "errors/message-visible": ("openai",),
}
"""Of tests with parameters, those that tell of the manifests; the others tell of the gateway."""


@dataclass(frozen=True)
class GivenTest:
    """One test of a case: its function, the arguments beside the stage, and the scenes that it plays in.

    `together`: it takes the stages of all providers at once.
    """

    name: str
    case: Case
    function: Callable[..., Any]
    keys: tuple[SceneKey, ...]
    together: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)


def given_tests(providers: Sequence[str]) -> list[GivenTest]:
    """All tests for these providers, provider by provider."""
    found = [test for provider in providers for test in _tests((provider,), together=False)]
    return found + (list(_tests(tuple(providers), together=True)) if len(providers) > 1 else [])


def _tests(providers: tuple[str, ...], *, together: bool) -> Iterator[GivenTest]:
    for module, ids in _EACH.items():
        functions = vars(import_module(f"conformance.cases.{module}")).values()
        for function in functions:
            found = case_of(function)
            if found is None or found.id not in ids or ("stages" in function.__annotations__) is not together:
                continue
            for label, arguments in _parameters(function, found):
                scenario: Scenario = arguments.get("scenario", found.scenario)
                named = "-".join(filter(None, ("+".join(providers), label)))
                yield GivenTest(
                    name=f"{function.__name__}[{named}]",
                    case=found,
                    function=function,
                    keys=tuple(SceneKey(provider, scenario) for provider in providers),
                    together=together,
                    arguments={name: value for name, value in arguments.items() if name in function.__annotations__},
                )


def _parameters(function: Callable[..., Any], found: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """The chosen sets of parameters of a test, each with its label, which is the end of pytest's test id."""
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
    chosen = _ONLY.get(found.id)
    for values in itertools.product(*(_values(mark) for mark in marks)):
        label = "-".join(text for text, _ in values)
        if chosen is None or label in chosen:
            yield label, {name: value for _, named in values for name, value in named.items()}


def _values(mark: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The values of one `parametrize`, each with its label as pytest has it."""
    names = [name.strip() for name in mark.args[0].split(",")] if isinstance(mark.args[0], str) else list(mark.args[0])
    ids = mark.kwargs.get("ids")
    for index, entry in enumerate(mark.args[1]):
        values = getattr(entry, "values", None)
        given = tuple(values) if isinstance(values, tuple) else (entry,) if len(names) == 1 else tuple(entry)
        label = getattr(entry, "id", None) or (
            "-".join(map(ids, given)) if callable(ids) else ids[index] if ids else "-".join(map(str, given))
        )
        yield label, dict(zip(names, given, strict=True))
