"""Lets `python -m mock_providers` run one lookalike alone."""

import sys

from mock_providers.cli import main

sys.exit(main())
