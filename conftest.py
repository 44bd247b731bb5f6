"""Loads the plugin in a checkout, where its options may be spelled as the command spells them, too."""

import pytest

from conformance.cli.options import add_options

pytest_plugins = ["conformance.plugin"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --target standalone`: nobody else's tests are here whose options these could be."""
    add_options(parser.getgroup("conformance, short", "the same, as agw-conformance spells them"), prefix="")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What `--dist loadgroup` gives to one worker: all cases, and the tests of a module but those that take long.

    Each worker that has a case arranges the scenes of all of them, which costs more than most cases do.
    """
    for item in items:
        if "arrangement" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("cases"))
        elif not any(item.iter_markers("slow")) and not any(item.iter_markers("hostile")):
            item.add_marker(pytest.mark.xdist_group(f"{item.path.parent.name}/{item.path.stem}"))
