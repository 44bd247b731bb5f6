"""`python -m conformance` is `agw-conformance`."""

from conformance.cli import main

raise SystemExit(main())
