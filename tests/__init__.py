"""The tests of the suite itself; README.md says which folder to read first."""
