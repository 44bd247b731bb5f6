"""Facts of the providers that given manifests lead to: those that are known, else what the manifests say of them."""

from __future__ import annotations

import dataclasses

from conformance.core.addresses import is_inside
from conformance.core.providers.paths import may_have
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import provider_at
from conformance.exchange.oracle.tls import expected_tls
from conformance.exchange.oracle.unjudged import open_sides
from conformance.exchange.oracle.upstream import DEFAULT_HOST, DEFAULT_PORT
from conformance.manifests.dialects.model import Auth, Backend, Configuration, Llm, ways_to
from conformance.manifests.fields.table import Aspect
from conformance.stage.scenario.paths import path_of, undoubled

__all__ = ["default_provider", "facts_of"]


def default_provider() -> Provider:
    """Who stands at the host that provider entries without a host mean; takes any key and model."""
    return Provider(
        name="default",
        title="OpenAI",  # as in its file: Backends that name the host lead to the same party
        host=DEFAULT_HOST,
        port=DEFAULT_PORT,
        path="/v1/chat/completions",
        models=("any-model",),
        any_model=True,
    )


def facts_of(backend: Backend, llm: Llm, configuration: Configuration | None = None) -> Provider:
    """Facts of a provider that is known by its host; else what the manifests say of it, mistakes undone.

    Without the whole `configuration` nothing is known of policies. What nobody knows how to send is not asked for.
    """
    open_ = open_sides(configuration, backend, llm) if configuration else frozenset[Aspect]()
    asked = expected_tls(configuration, backend, llm) if configuration else llm.tls or backend.tls
    if llm.host is not None and (known := provider_at(llm.host)) is not None:
        # Vendors have new models faster than files are written: those that the Backend names count as theirs.
        named = {one.model for one in backend.providers if one.host == llm.host and one.model}
        path = path_of(backend, llm, configuration)
        rewritten = _rewritten(configuration, backend) if configuration else []
        return dataclasses.replace(
            known,
            # Of a server of one's own it is known what it speaks on its usual port; on another a proxy may stand.
            tls=known.tls or (asked is not None and llm.port not in (known.port, 80)),
            models=(*known.models, *sorted(named - {*known.models})),
            path=path if known.has_path(path) or may_have(known, path) else known.path,
            other_paths=(*known.other_paths, *(one for one in rewritten if may_have(known, one))),
            auth_required=known.auth_required and Aspect.HEADERS not in open_,
            any_model=known.any_model or Aspect.MODEL in open_,
        )
    # With Passthrough it is the client's own Authorization that arrives, whatever authHeader says.
    header = Auth("passthrough", llm.auth.origin) if llm.auth.kind == "passthrough" else llm.auth
    return Provider(
        name=backend.id.name,
        # One party, whichever of several Backends leads there.
        title=llm.host or DEFAULT_HOST,
        host=llm.host or DEFAULT_HOST,
        port=llm.port or DEFAULT_PORT,
        path=undoubled(path_of(backend, llm, configuration)),
        models=(llm.model,) if llm.model else ("any-model",),
        tls=asked is not None or not _plaintext(llm),
        auth_header=header.header or "Authorization",
        auth_scheme=_scheme("Bearer " if header.prefix is None else header.prefix),
        any_model=True,
        auth_required=Aspect.HEADERS not in open_ and llm.auth.place is None,
    )


def _rewritten(configuration: Configuration, backend: Backend) -> list[str]:
    """The paths that routes put in place of the client's for a Backend."""
    found = [rule.rewrite.get("path") for _, rule in ways_to(configuration.routes, backend.id)]
    texts = (one.get("replaceFullPath") for one in found if isinstance(one, dict))
    return [text for text in texts if isinstance(text, str)]


def _plaintext(llm: Llm) -> bool:
    """Whether a provider that nothing asks to speak TLS will not: at port 80, and as self-hosted ones usually do.

    At another port of a host that nobody knows, who sends no key there is taken at their word.
    """
    if llm.port == 80 or llm.host is None or llm.port == 443:
        return llm.port == 80
    keyless = llm.auth.kind in ("none", "passthrough") and llm.port not in (None, 8443)
    return keyless or is_inside(llm.host)


def _scheme(prefix: str) -> str:
    """The scheme before a key; a prefix that no space parts from the key belongs to what is checked as the key."""
    return prefix.strip() if prefix.endswith(" ") else ""
