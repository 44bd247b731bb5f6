"""Lookalikes that run elsewhere: told over HTTP what to be, and their journal read from there."""
