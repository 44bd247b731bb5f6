"""`serve`: the embedded target in the foreground, so that a person can follow the page with kubectl and curl."""

from __future__ import annotations

import argparse
import asyncio
import functools
import os
import shlex
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import yaml

from conformance.core.files import ScratchFolder
from conformance.core.problems import ExitCode, InputProblem, SetupProblem
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import list_providers, load_provider
from conformance.core.terminal import say
from conformance.manifests.dialects import DIALECTS
from conformance.report.summary import label
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.entrance import bring_gateway
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.case import Case, catalogue
from conformance.stage.lookalikes import Attachment
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import DOCUMENTED_PROVIDERS, Settings
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.embedded.target import EmbeddedTarget
from mock_providers.journal import ConnectionSeen, RequestSeen

__all__ = ["run", "serve"]

_TLS_PORT = 443


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    return serve(options.port, options.kubeconfig, options.case, options.provider, options.dialect)


def serve(
    port: int, kubeconfig: str | None, case_id: str | None, providers: Sequence[str], dialect: str = DIALECTS[0]
) -> int:
    """Serve until Ctrl-C or SIGTERM. Returns an ExitCode.

    Raises InputProblem for an unknown case, provider or dialect, SetupProblem when the port is taken.
    """
    if not 0 <= port <= 65535:
        raise InputProblem(f"--port {port}: expected a number from 0 to 65535")
    if dialect not in DIALECTS:
        raise InputProblem(f"--dialect {dialect}: unknown", remedy=f"one of: {', '.join(DIALECTS)}")
    case = _case(case_id) if case_id else None
    names = tuple(providers) or DOCUMENTED_PROVIDERS
    profiles = tuple(documented_profile(name, dialect) for name in names)
    settings = Settings(profiles, EmbeddedOptions(), dialect)
    asyncio.run(_serve(settings, port, kubeconfig, case))
    return ExitCode.CONFORMANT


def _case(case_id: str) -> Case:
    found = next((case for case in catalogue() if case.id == case_id), None)
    if found is None:
        raise InputProblem(f"--case {case_id}: there is no such case", remedy="see `agw-conformance cases`")
    return found


def _everyone(settings: Settings) -> list[Provider]:
    """The providers of the run and all others that are known, one for each place."""
    known = [*(profile.provider for profile in settings.profiles), *map(load_provider, list_providers())]
    return list({one.authority: one for one in reversed(known)}.values())[::-1]


def _lookalike(provider: Provider) -> Attachment:
    return Attachment(provider.host, provider.port, provider, identity="good" if provider.tls else "plaintext")


async def _serve(settings: Settings, port: int, kubeconfig: str | None, case: Case | None) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    target = EmbeddedTarget(
        dialect=settings.dialect, gateway_port=port, on_arrival=_tell, on_unknown_host=functools.cache(_tell_of_nobody)
    )
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(target.stop)
        await target.start()
        kubernetes = Kubernetes(target.kubernetes(), run_id="serve")
        leaving.callback(kubernetes.close)
        arrangement = Arrangement(target, kubernetes, settings.profiles, settings.dialect)
        # Any key will do here: it is the person's own, made up or not.
        await target.attach(map(_lookalike, _everyone(settings)))
        if case is None:
            await bring_gateway(target, arrangement.surroundings, arrangement.applied, settings.dialect)
        else:
            names = [profile.name for profile in settings.profiles]
            await arrangement.arrange(SceneKey(name, scenario) for name in names for scenario in case.scenarios)
        path = leaving.enter_context(_Kubeconfig(kubeconfig, target))
        for line in _instructions(target, settings, arrangement, path, case):
            say(line, flush=True)
        await ended.wait()
    print("stopped", flush=True)


def _instructions(
    target: EmbeddedTarget, settings: Settings, arrangement: Arrangement, path: Path, case: Case | None
) -> list[str]:
    lines = [
        f"Gateway  {target.gateway.url}  (Gateway {target.gateway.namespace}/{target.gateway.name})",
        f"Under test: {label(settings, target.implementation)}.",
        "In another terminal:",
        f"  export KUBECONFIG={path}",
        "  export INGRESS_GW_ADDRESS=localhost",
    ]
    if case is None:
        lines.append("then follow the page: kubectl apply, curl. Lookalikes of these hosts answer:")
        lines += [f"  {one.authority}" for one in _everyone(settings)]
    else:
        lines += [f"Case {case.id}: {case.statement}", "Its scenarios stand at:"]
        for key, scene in arrangement.scenes.items():
            matches = [match for route in scene.configuration.routes for rule in route.rules for match in rule.matches]
            lines += [f"  {target.gateway.url}{match.path}  ({key.provider}, {key.name})" for match in matches]
    return [*lines, "Ctrl-C ends it. What arrives at the lookalikes:"]


def _tell(entry: ConnectionSeen | RequestSeen) -> None:
    """One line for each request as it arrives, and for each handshake that fails."""
    if isinstance(entry, RequestSeen):
        if entry.outcome != "open":
            place = f"{entry.connection.host}:{entry.connection.port}"
            note = "" if entry.connection.kind == "tls" else f" [{entry.connection.kind}]"
            say(f"  {place}  {entry.method} {entry.target} -> {entry.status or entry.outcome}{note}", flush=True)
    elif entry.closed and entry.tls is not None and not entry.tls.completed:
        say(f"  {entry.host}:{entry.port}  TLS handshake failed: {entry.tls.failure}", flush=True)


def _tell_of_nobody(host: str, port: int) -> None:
    """Say, once for each host (its caller remembers), that it has no lookalike, and how it gets one."""
    name = f"{host}:{port}"
    at = shlex.join(["--host", host, *(["--port", str(port)] if port != _TLS_PORT else [])])
    say(f"  {name}  has no lookalike here, so that the gateway answers 503. Ctrl-C, then:", flush=True)
    say(f"    agw-conformance provider new NAME {at} --path PATH", flush=True)
    say("    agw-conformance serve --provider ./NAME.yaml", flush=True)


class _Kubeconfig:
    """Writes the kubeconfig, readable by its owner only, and removes it afterwards unless the person named it."""

    def __init__(self, path: str | None, target: EmbeddedTarget) -> None:
        self._text = yaml.safe_dump(target.kubeconfig(), sort_keys=False)
        self._named = Path(path) if path else None
        self._folder: ScratchFolder | None = None

    def __enter__(self) -> Path:
        if self._named is None:
            self._folder = ScratchFolder()
            path = self._folder.path / "kubeconfig"
        else:
            path = self._named
        try:
            # O_EXCL: a kubeconfig that was there before is somebody's way to a cluster.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise SetupProblem(f"{path}: {error.strerror}", remedy="name a file that does not exist yet") from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(self._text)
        return path

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.close()
        elif self._named is not None:
            self._named.unlink(missing_ok=True)
