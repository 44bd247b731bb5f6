"""End-to-end conformance tests for OpenAI-compatible LLM providers behind agentgateway."""

from conformance.version import __version__

__all__ = ["__version__"]
