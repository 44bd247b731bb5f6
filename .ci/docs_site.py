"""What MkDocs is told of this repository: pages from files beside docs/, and links that leave docs/.

A hook of mkdocs.yml. On GitHub the same files are read as they stand, so links in them are those of the checkout.
"""

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
MIRRORED = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "reports/README.md": "project/kept-reports.md",
}
"""Files beside docs/ that are pages, too."""

# A warning fails the build, which is strict.
_log = logging.getLogger("mkdocs.hooks.docs_site")
_FENCE = re.compile(r"^ *(```|~~~)")
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|!?\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")
_OF_OTHERS = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>")
_HARMLESS = re.compile(r"""<link rel=["']?(?:canonical|prev|next)""")


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages that stand beside docs/."""
    for name, uri in MIRRORED.items():
        files.append(File.generated(config, uri, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: Any, files: Files) -> str:
    """Lead links out of docs/ to the repository."""
    outside = _Links(page.file.src_uri, config.repo_url or "")
    lines, fenced = [], False
    for line in markdown.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        lines.append(line if fenced else _LINK.sub(outside.replaced, line))
    return "\n".join(lines)


def on_post_page(output: str, *, page: Page, config: Any) -> str:
    """Nothing of a page comes from another host."""
    for found in _OF_OTHERS.findall(output):
        if not _HARMLESS.match(found):
            _log.warning("%s: comes from another host: %s", page.file.src_uri, found)
    return output


class _Links:
    """The links of one page, which leads from its place in the checkout to its place in the site."""

    def __init__(self, uri: str, repository: str) -> None:
        self._uri = uri
        self._repository = repository.rstrip("/")
        self._source = next((name for name, page in MIRRORED.items() if page == uri), f"docs/{uri}")

    def replaced(self, found: re.Match[str]) -> str:
        """The link as the site has it."""
        target, _, anchor = found["target"].partition("#")
        if not target or ":" in target:
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self._source), target))
        if not (ROOT / path).exists():
            _log.warning("%s: links to %s, which is not there", self._source, path)
            return found[0]
        page = MIRRORED.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
        if page:
            uri = posixpath.relpath(page, posixpath.dirname(self._uri) or ".")
            return f"{found['image']}[{found['text']}]({uri}{'#' if anchor else ''}{anchor})"
        if self._repository:
            return f"[{found['text']}]({self._repository}/blob/main/{path})"
        return found["text"] if found["text"].strip("`") == path else f"{found['text']} (`{path}`)"
