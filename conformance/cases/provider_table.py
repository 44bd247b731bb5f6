"""The providers that agentgateway's documentation lists as OpenAI-compatible: name, host, path, a model (FACTS 4.4)."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.cases import Draft, Scenario, variation_host

__all__ = ["PROVIDERS", "Listed"]


@dataclass(frozen=True)
class Listed:
    """One row of that table; the port is 443 and the key goes as `Authorization: Bearer` for all."""

    name: str
    host: str
    path: str
    model: str

    def __call__(self, draft: Draft) -> None:
        """Write the manifests for this provider; its host is extended, so that several can be there at once."""
        draft.change_host(variation_host(self.host, f"{draft.name}-{draft.provider.name}"))
        draft.change_backend(path=self.path, model=self.model)

    @property
    def scenario(self) -> Scenario:
        """The manifests with this provider in them."""
        return Scenario(f"as-{self.name}", (self,))


_USUAL = "/v1/chat/completions"

PROVIDERS = (
    Listed("baseten", "inference.baseten.co", _USUAL, "meta-llama/Llama-3.1-8B-Instruct"),
    Listed("cerebras", "api.cerebras.ai", _USUAL, "llama-3.3-70b"),
    Listed("cohere", "api.cohere.ai", "/compatibility/v1/chat/completions", "command-r-plus"),
    Listed("deepinfra", "api.deepinfra.com", "/v1/openai/chat/completions", "meta-llama/Meta-Llama-3.1-8B-Instruct"),
    Listed("deepseek", "api.deepseek.com", _USUAL, "deepseek-chat"),
    Listed(
        "fireworks",
        "api.fireworks.ai",
        "/inference/v1/chat/completions",
        "accounts/fireworks/models/llama-v3p1-70b-instruct",
    ),
    Listed("groq", "api.groq.com", "/openai/v1/chat/completions", "llama-3.3-70b-versatile"),
    Listed("huggingface", "router.huggingface.co", _USUAL, "meta-llama/Llama-3.1-8B-Instruct"),
    Listed("mistral", "api.mistral.ai", _USUAL, "mistral-large-latest"),
    Listed("openrouter", "openrouter.ai", "/api/v1/chat/completions", "openai/gpt-4o"),
    Listed("together", "api.together.xyz", _USUAL, "meta-llama/Llama-3.2-90B-Vision-Instruct-Turbo"),
    Listed("xai", "api.x.ai", _USUAL, "grok-2-latest"),
)
