"""Tests of schemas, rules and admission."""
