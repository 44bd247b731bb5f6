"""A file that is replaced as the kubelet does it."""

from __future__ import annotations

from pathlib import Path

from conformance.targets.standalone.mounted import MountedFile


def versions(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.is_symlink())


def test_replaced_behind_links_that_agentgateway_watches(tmp_path: Path) -> None:
    file = MountedFile(tmp_path, "config.yaml")
    file.put("one", watched=False)
    first = file.path.resolve()
    file.put("two", watched=True)
    assert (file.path.read_text(), first.read_text()) == ("two", "one")
    # Of a link that leads through `..data` it watches the folder (util.rs, is_kubernetes_projected_volume_symlink).
    assert file.path.readlink() == Path("..data/config.yaml")
    assert (tmp_path / "..data").is_symlink()


def test_old_versions_go_but_for_those_from_before_it_was_watched(tmp_path: Path) -> None:
    file = MountedFile(tmp_path, "config.yaml")
    file.put("0", watched=False)
    file.put("1", watched=False)
    for number in range(2, 6):
        file.put(str(number), watched=True)
    assert versions(tmp_path) == ["..0", "..1", "..4", "..5"]
    assert file.path.read_text() == "5"
