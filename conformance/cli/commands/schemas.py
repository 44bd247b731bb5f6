"""`schemas`: whether a target's API endpoint takes and refuses the same objects as the embedded one, and how."""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from conformance.cli.commands.run import ISOLATED
from conformance.cli.corpus import NAMESPACE, Sample, corpus
from conformance.cli.options import for_pytest, read_settings
from conformance.core.problems import ExitCode, SetupProblem
from conformance.core.startup.records import dataclass
from conformance.core.terminal import say
from conformance.stage.arrangement.kube import Kubernetes, Refused
from conformance.stage.settings import Settings
from conformance.stage.target import Target
from conformance.targets.embedded.target import EmbeddedTarget
from conformance.targets.run import make_target

__all__ = ["Disagreement", "client_for", "compare", "compare_schemas", "run"]

# Objects that are offered at a time: enough to keep the client's threads busy.
_BATCH = 64

_RUN = "schemas"


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    return compare_schemas(rest)


@dataclass(frozen=True)
class Disagreement:
    """One object about which the endpoints do not agree; the answers are messages, None: taken."""

    sample: Sample
    embedded: str | None
    other: str | None

    @property
    def only_words(self) -> bool:
        """Both refuse the object, but not in the same words."""
        return self.embedded is not None and self.other is not None

    def __str__(self) -> str:
        answers = [("embedded", self.embedded), ("target", self.other)]
        told = [f"  {who.ljust(9)}{'takes it' if said is None else f'refuses it: {said}'}" for who, said in answers]
        return "\n".join([self.sample.label, *told])


class _Check:
    """Takes the place of a test run: pytest reads the options, its own, pytest-kind's and ours."""

    code: int | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int | None:
        if config.option.help:
            return None
        self.code = asyncio.run(_compare(read_settings(config.option)))
        return self.code


def compare_schemas(arguments: Sequence[str]) -> int:
    """Offer the corpus to the embedded endpoint and to the target's, dry runs all; print every difference.

    Returns an ExitCode: 1 when there is any. Raises InputProblem and SetupProblem.
    """
    check = _Check()
    code = pytest.main([*ISOLATED, "-p", "no:cacheprovider", *for_pytest(arguments)[0]], plugins=[check])
    if check.code is None:
        return ExitCode.BAD_INPUT if code else ExitCode.CONFORMANT
    return check.code


async def _compare(settings: Settings) -> int:
    samples = corpus()
    async with AsyncExitStack() as leaving:
        ours = await client_for(EmbeddedTarget(dialect=settings.dialect), leaving)
        theirs = await client_for(make_target(settings, _RUN), leaving)
        differences, absent = await compare(samples, ours, theirs)
    for difference in differences:
        say(str(difference))
    for kind, count in sorted(absent.items()):
        print(f"not compared: {count} objects of {kind}, which the target has not")
    words = sum(one.only_words for one in differences)
    told = f"{len(differences) - words} differ in whether they are taken, {words} in the words of the refusal"
    print(f"{len(samples) - absent.total()} objects compared, target {settings.target}: {told}")
    return ExitCode.FAILED if differences else ExitCode.CONFORMANT


async def client_for(target: Target, leaving: AsyncExitStack) -> Kubernetes:
    """A client for a target that is started, and stopped when `leaving` ends."""
    leaving.push_async_callback(target.stop)
    await target.start()
    kubernetes = Kubernetes(target.kubernetes(), _RUN)
    leaving.callback(kubernetes.close)
    if await kubernetes.get("v1", "Namespace", "", NAMESPACE) is None:
        await kubernetes.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    return kubernetes


async def compare(
    samples: Sequence[Sample], ours: Kubernetes, theirs: Kubernetes
) -> tuple[list[Disagreement], Counter[str]]:
    """Where the two endpoints disagree, and how many objects of each kind the second has no such kind for.

    Raises SetupProblem when an answer says nothing about the object: no right to apply it, an endpoint out of order.
    """
    found: list[Disagreement] = []
    absent = Counter[str]()
    for start in range(0, len(samples), _BATCH):
        batch = samples[start : start + _BATCH]
        answers = zip(batch, await _answers(ours, batch), await _answers(theirs, batch), strict=True)
        for sample, first, second in answers:
            if second is not None and second.message.startswith("no matches for kind"):
                absent[sample.kind] += 1
            elif (said := _said(first)) != (answered := _said(second)):
                found.append(Disagreement(sample, said, answered))
    return found, absent


async def _answers(kubernetes: Kubernetes, samples: Sequence[Sample]) -> list[Refused | None]:
    async def answer(sample: Sample) -> Refused | None:
        try:
            await kubernetes.apply(sample.object, dry_run=True)
        except Refused as refused:
            return refused
        return None

    return list(await asyncio.gather(*(answer(sample) for sample in samples)))


def _said(refused: Refused | None) -> str | None:
    if refused is None:
        return None
    if refused.status in (401, 403, 429) or refused.status == 0:
        raise SetupProblem(
            f"the API endpoint does not let objects be tried: {refused.message}", remedy="are the credentials right?"
        )
    return f"{refused.status} {refused.message}"
