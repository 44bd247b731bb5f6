"""`python -m conformance` is `agw-conformance`."""

from agw_conformance import main

raise SystemExit(main())
