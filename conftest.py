"""Loads the plugin in a checkout, where its options may be spelled as the command spells them, too."""

import pytest

from conformance.cli.options import add_options

pytest_plugins = ["conformance.plugin"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --target standalone`: nobody else's tests are here whose options these could be."""
    add_options(parser.getgroup("conformance, short", "the same, as agw-conformance spells them"), prefix="")
