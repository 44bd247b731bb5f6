"""Where things stand: the checkout, the tests' data, and what lies beside the checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "corpus"
SEED = ROOT.parent / "shared" / "seed" / "openai-compatible-providers.txt"
"""The documented page; not part of the project, so it may be missing."""
