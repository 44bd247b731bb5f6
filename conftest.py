"""Loads the plugin in a checkout, where its options may be spelled as the command spells them, too."""

import gc

import pytest

from conformance.cli.options import add_options

pytest_plugins = ["conformance.plugin"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --target standalone`: nobody else's tests are here whose options these could be."""
    add_options(parser.getgroup("conformance, short", "the same, as agw-conformance spells them"), prefix="")


def pytest_collection_finish() -> None:
    """What was collected stays to the end: to look through it for garbage, again and again, is a tenth of a run."""
    gc.collect()
    gc.freeze()
