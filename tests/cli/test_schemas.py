"""The corpus of valid and invalid objects, and `schemas`, which offers it to two endpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from conformance.cli.commands import schemas
from conformance.cli.commands.schemas import Disagreement, client_for, compare
from conformance.cli.corpus import NAMESPACE, Sample, corpus, variants
from conformance.stage.arrangement.kube import Kubernetes
from conformance.targets.embedded.mutations import MUTANTS
from conformance.targets.embedded.target import EmbeddedTarget
from tests.support.nimbus import command

FEW = 40


def some() -> list[Sample]:
    """A few of every kind."""
    return corpus()[::FEW]


def test_the_corpus_has_every_kind_and_every_sort_of_change() -> None:
    samples = corpus()
    assert min(Counter(one.object["kind"] for one in samples).values()) >= 300
    assert (
        len({one.label for one in samples}) == len({one.object["metadata"]["name"] for one in samples}) == len(samples)
    )
    assert all(one.object["metadata"]["namespace"] == NAMESPACE for one in samples)


def test_every_field_is_changed_in_every_way() -> None:
    good = {"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "a"}, "spec": {"text": "b", "list": [1]}}
    found = {what: changed.get("spec") for what, changed in variants(good)}
    assert found["spec removed"] is None
    assert found["spec.text removed"] == {"list": [1]}
    assert found["spec.text set to ''"] == {"text": "", "list": [1]}
    assert found["spec.list with its first item twice"] == {"text": "b", "list": [1, 1]}
    assert found["spec.list[0] set to 65536"] == {"text": "b", "list": [65536]}
    assert found["spec with a field agwConformanceUnknown"] == {**good["spec"], "agwConformanceUnknown": "x"}  # type: ignore[dict-item]
    assert good["spec"] == {"text": "b", "list": [1]}


@asynccontextmanager
async def endpoints(mutant: str) -> AsyncIterator[tuple[Kubernetes, Kubernetes]]:
    """The reference's endpoint and a mutant's."""
    async with AsyncExitStack() as leaving:
        ours = await client_for(EmbeddedTarget(), leaving)
        theirs = await client_for(EmbeddedTarget(admission=MUTANTS[mutant].admission), leaving)
        yield ours, theirs


@pytest.mark.slow
async def test_differences_are_told() -> None:
    port = next(one for one in corpus() if one.label.endswith("spec.ai.llm.port set to 65536"))
    async with endpoints("port-range-unchecked") as (ours, theirs):
        found, absent = await compare([*some(), port], ours, theirs)
    assert not absent
    (one,) = [difference for difference in found if difference.sample is port]
    assert (one.other, one.only_words) == (None, False)
    assert "less than or equal to 65535" in (one.embedded or "")
    first, embedded, other = str(one).splitlines()
    assert first.endswith("spec.ai.llm.port set to 65536")
    assert embedded.startswith("  embedded refuses it: 422 Backend.gateway.kgateway.dev")
    assert other == "  target   takes it"


async def test_a_kind_that_the_target_has_not_is_counted() -> None:
    sample = Sample("x", {"apiVersion": "none/v1", "kind": "None", "metadata": {"name": "x", "namespace": NAMESPACE}})
    async with endpoints("port-range-unchecked") as (ours, theirs):
        assert await compare([sample], ours, theirs) == ([], Counter({"none/v1 None": 1}))


def test_the_words_alone_may_differ() -> None:
    assert Disagreement(some()[0], "422 a", "422 b").only_words


@pytest.mark.slow
def test_the_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "corpus", some)
    code, printed = command(capsys, "schemas")
    assert code == 0, printed
    assert "target embedded: 0 differ in whether they are taken, 0 in the words of the refusal" in printed
    monkeypatch.setattr(schemas, "corpus", lambda: corpus()[:20])
    code, printed = command(capsys, "schemas", "--mutant", "backend-type-unchecked")
    assert code == 1, printed
    assert "  target   takes it" in printed
    assert command(capsys, "schemas", "--target", "nobody")[0] == 2
