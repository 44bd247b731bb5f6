"""Disturbs runs, prints a line of each and how many were wrong, and exits 1 where one was."""

from __future__ import annotations

import argparse
import sys
from itertools import chain

from tests.faults.kills import kills
from tests.faults.machine import faults


def main() -> int:
    """Play all of it; `--kills` says how many moments, of the embedded target or, by options, of another one."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="how many runs to end (default: 50)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    parser.add_argument("--only-kills", action="store_true", help="leave out what a machine can lack")
    options, target = parser.parse_known_args()
    number = wrong = 0
    disturbed = chain(() if options.only_kills or target else faults(), kills(options.kills, options.seed, target))
    for one in disturbed:
        number, wrong = number + 1, wrong + bool(one.wrong)
        print(
            f"{'WRONG' if one.wrong else 'right'}  {one.name}: exit code {one.code} {'; '.join(one.wrong)}", flush=True
        )
        if one.wrong:
            print(one.printed[-2000:], file=sys.stderr)
    print(f"{number} disturbed, {wrong} wrong")
    return 1 if wrong else 0


raise SystemExit(main())
