"""Translates agentgateway 1.x AgentgatewayBackends; the one module that knows their API (FACTS 4.1)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

from conformance.core.startup.records import dataclass
from conformance.targets.reference.controller.attached import NOTHING, Fields, OnBackend, merged
from conformance.targets.reference.controller.backends.kgateway_2_1 import PolicyTls, Translated
from conformance.targets.reference.controller.certificates import read_config_map
from conformance.targets.reference.controller.conditions import Condition
from conformance.targets.reference.controller.decisions.credentials import (
    SECRET_KEY,
    MissingSecret,
    Unresolved,
    secret_text,
)
from conformance.targets.reference.controller.rules import duration
from conformance.targets.reference.controller.seams import ControllerSeams
from conformance.targets.reference.controller.view import Name, Object, Objects, dig, name_of
from conformance.targets.reference.gateway.apis import Apis
from conformance.targets.reference.gateway.config import (
    DEFAULT_HOST,
    BodyChanges,
    Credential,
    Eviction,
    LlmBackend,
    LlmProvider,
    Passthrough,
    UpstreamTls,
)

__all__ = ["section_names", "translate_backend"]

_SINGLE = "backend"
"""What a policy's sectionName calls the provider of a Backend without groups."""
_ACCEPTED = Condition("Accepted", True, "Accepted", "Backend successfully accepted")
_UNVERIFIED: dict[str | None, Literal["", "name", "certificate"]] = {None: "", "Hostname": "name", "All": "certificate"}


def section_names(backend: Object) -> set[str]:
    """What a policy's sectionName may name: the providers of groups, or the single one."""
    groups = dig(backend, "spec", "ai", "groups")
    if groups is None:
        return {_SINGLE}
    return {provider.get("name", "") for group in groups for provider in group.get("providers", ())}


def translate_backend(
    backend: Object, objects: Objects, policies: PolicyTls, seams: ControllerSeams, attached: OnBackend = NOTHING
) -> Translated:
    """A Backend as providers in groups, refused whole when any part of it cannot be had."""
    own_name = "/".join(name_of(backend))
    shared = _said(name_of(backend), dig(backend, "spec", "policies"))
    reader = _Providers(name_of(backend), shared, attached, objects, policies, seams)
    try:
        groups = _groups(backend, own_name, reader)
    except Unresolved as problem:
        message = f"failed to translate backend: {problem}"
        return Translated(None, Condition("Accepted", False, "TranslationError", message))
    return Translated(LlmBackend(own_name, groups), _ACCEPTED)


def _groups(backend: Object, own_name: str, reader: _Providers) -> tuple[tuple[LlmProvider, ...], ...]:
    ai = dig(backend, "spec", "ai")
    if not isinstance(ai, dict):
        raise Unresolved("only AI backends are served by this gateway")
    if "provider" in ai:
        return ((reader.provider(own_name, ai["provider"], _SINGLE),),)
    return tuple(
        tuple(reader.provider(f"{own_name}/{one['name']}", one, one["name"]) for one in group["providers"])
        for group in ai.get("groups", ())
    )


def _eviction(health: Object) -> Eviction | None:
    """A health policy without `eviction` says who is worse, and leaves nobody out."""
    eviction = health.get("eviction")
    if eviction is None:
        return None
    seconds = duration(eviction.get("duration", "3s")) or 3.0
    return Eviction(eviction.get("consecutiveFailures") or 1, seconds, health.get("unhealthyCondition", ""))


@dataclass(frozen=True)
class _Providers:
    """Reads the providers of one Backend, whose `policies` hold for all that have none of their own; `attached` is what
    AgentgatewayPolicies say besides.
    """

    name: Name
    shared: Fields
    attached: OnBackend
    objects: Objects
    policies: PolicyTls
    seams: ControllerSeams

    def provider(self, name: str, llm: Object, section: str) -> LlmProvider:
        """One provider. Raises Unresolved when a part of it cannot be had, or is not served."""
        settings = llm.get("openai", llm.get("custom"))
        if not isinstance(settings, dict):
            raise Unresolved("only openai and custom providers are served by this gateway")
        host, port = self.place(llm)
        default = UpstreamTls(host) if (host, llm.get("host")) == (DEFAULT_HOST, None) else None
        path, prefix = _completions_path(llm)
        own = _said(self.name, llm.get("policies"))
        around = (self.attached.entrance, self.attached.whole, self.attached.route)
        # What is more precise has all of `ai`.
        precise = merged(self.attached.providers.get(section, {}), own)
        on_it = {**self.seams.below_own(around, self.shared), **precise, **self.on_port(llm)}
        ai = on_it["ai"][1] if "ai" in on_it else {}
        namespace, auth = on_it.get("auth") or (self.name[0], {})
        provider = LlmProvider(
            name=name,
            host=host,
            port=port,
            path=llm.get("path") or path,
            path_prefix=prefix,
            model=settings.get("model"),
            credential=self.credential(namespace, auth),
            further=self.further(namespace, auth),
            # No server name ends with the dot of an absolute name.
            tls=self.tls(llm, precise, section, host.removesuffix(".")) or default,
            body=_body_changes(ai),
            apis=_apis(llm, ai),
            eviction=_eviction(on_it["health"][1] if "health" in on_it else {}),
            default_host=(host, llm.get("host")) == (DEFAULT_HOST, None),
        )
        return self.seams.provider(provider, {**llm, "auth": auth})

    def place(self, llm: Object) -> tuple[str, int]:
        """Host and port; of a custom provider perhaps those of a Service, whose name leads there or nowhere."""
        reference = dig(llm, "custom", "backendRef")
        if reference is None:
            return llm.get("host") or DEFAULT_HOST, llm.get("port") or 443
        return f"{reference['name']}.{self.name[0]}.svc.cluster.local", reference["port"]

    def on_port(self, llm: Object) -> Fields:
        """What policies say of the port of the Service that it leads to."""
        reference = dig(llm, "custom", "backendRef") or {}
        return self.attached.ports.get((reference.get("name", ""), str(reference.get("port"))), {})

    def tls(self, llm: Object, precise: Fields, section: str, host: str) -> UpstreamTls | None:
        """The Service's port's, the provider's own, policies on it, the Backend's, policies on the route, on the
        Backend and on the Gateway: the first there is. One by itself, a BackendTLSPolicy, ranks as policies on what it
        is about.
        """
        if (found := self.policies.tls_at(self.name[0], dig(llm, "custom", "backendRef") or {})) is not None:
            return found
        if "tls" in (there := self.on_port(llm)):
            return self.inline_tls(*there["tls"], host)
        if "tls" in precise:
            return self.inline_tls(*precise["tls"], host)
        if (found := self.policies.tls_on(self.name, section)) is not None:
            return found
        if "tls" in self.shared:
            return self.inline_tls(*self.shared["tls"], host)
        if "tls" in self.attached.route:
            return self.inline_tls(*self.attached.route["tls"], host)
        if (found := self.policies.tls_on(self.name, None)) is not None:
            return found
        around = merged(self.attached.entrance, self.attached.whole)
        return self.inline_tls(*around["tls"], host) if "tls" in around else None

    def inline_tls(self, namespace: str, tls: Object, host: str) -> UpstreamTls | None:
        """`policies.tls`. Raises Unresolved for an authority that cannot be read: then nothing must go out."""
        for ref in tls.get("mtlsCertificateRef", ()):
            # No provider of ours asks for one, but without it the whole Backend is refused.
            if ref.get("kind", "Secret") == "Secret":
                self.found(namespace, ref["name"])
        roots, problem = self.roots(namespace, tls)
        names = [_alternative(one) for one in tls.get("verifySubjectAltNames", ())]
        validation = {**tls, "hostname": tls.get("sni") or host, "subjectAltNames": names}
        found = self.seams.upstream_tls(validation, roots)
        if found is None:
            return None
        if found.roots == "nothing":
            raise Unresolved(problem)
        return replace(found, unverified=_UNVERIFIED[tls.get("insecureSkipVerify")])

    def roots(self, namespace: str, tls: Object) -> tuple[str, str]:
        """(what is trusted, what is wrong with it), as UpstreamTls.roots has it."""
        refs = tls.get("caCertificateRefs") or []
        if not refs:
            return "system", ""
        pem, wrong = read_config_map(self.objects, namespace, refs[0].get("name", ""))
        return pem or "nothing", wrong

    def credential(self, namespace: str, auth: Object) -> Credential | Passthrough | None:
        """The credential of a provider; without `auth` the client's own. Raises Unresolved when it cannot be had."""
        if not {"key", "secretRef"} & set(auth):
            return Passthrough()
        try:
            token = self.secret(namespace, auth["secretRef"]) if "secretRef" in auth else self.key(auth)
        except Unresolved as problem:
            return self.seams.without_credential(problem)
        return self.placed(auth, token)

    def placed(self, auth: Object, token: str) -> Credential | Passthrough:
        """The token where `location` says: what stands before it is what is written there, and nothing else."""
        location = auth.get("location")
        if location is None:
            return self.seams.credential({}, token)
        header = location.get("header")
        if header is None:
            place: Literal["query", "cookie"] = "query" if "queryParameter" in location else "cookie"
            name = location["queryParameter" if place == "query" else "cookie"]["name"]
            return replace(self.seams.credential({"headerName": name}, token), prefix="", place=place)
        prefix: str | None = header.get("prefix")
        if prefix is None:
            return replace(self.seams.credential({"headerName": header["name"]}, token), prefix="")
        found = self.seams.credential({"headerName": header["name"], "prefix": prefix}, token)
        return replace(found, glue=" " if prefix.endswith(" ") else "")

    def further(self, namespace: str, auth: Object) -> tuple[Credential, ...]:
        """The keys of `credentials` that go into headers. Raises Unresolved when one cannot be had."""
        found: list[Credential] = []
        for one in auth.get("credentials") or []:
            header = one["location"].get("header")
            if header is not None:
                ref = one["secretRef"]
                text = secret_text(self.found(namespace, ref["name"]), ref.get("key") or SECRET_KEY).strip()
                if not text:
                    raise Unresolved(
                        f'backendAuth credential "{header["name"]}": secret {namespace}/{ref["name"]} missing'
                    )
                found.append(Credential(header["name"], header.get("prefix", ""), text, glue=""))
        return tuple(found)

    def key(self, auth: Object) -> str:
        """An inline key, verbatim."""
        key = auth.get("key")
        if not isinstance(key, str) or not key:
            raise Unresolved("auth has an empty key")
        return key

    def secret(self, namespace: str, ref: Object) -> str:
        """The token that a Secret holds; a `Bearer ` before it is taken off under the default name only."""
        name, wanted = ref["name"], ref.get("key") or SECRET_KEY
        text = secret_text(self.found(namespace, name), wanted)
        token = self.seams.token(text) if wanted == SECRET_KEY else text.strip()
        if not token:
            raise Unresolved(f"secret {namespace}/{name} missing {wanted} value")
        return token

    def found(self, namespace: str, name: str) -> Object:
        """A Secret beside the object that names it. Raises Unresolved without it."""
        try:
            return self.seams.find_secret(self.objects, namespace, name)
        except MissingSecret as missing:
            raise Unresolved(f"secret {missing.namespace}/{missing.name} not found") from missing


def _body_changes(ai: Object) -> BodyChanges:
    """What `ai` says of the bodies of requests."""

    def fields(name: str) -> tuple[tuple[str, str], ...]:
        return tuple((one["field"], json.dumps(one["value"])) for one in ai.get(name) or [])

    def messages(name: str) -> tuple[tuple[str, str], ...]:
        return tuple((one["role"], one["content"]) for one in dig(ai, "prompt", name) or [])

    aliases = tuple((ai.get("modelAliases") or {}).items())
    return BodyChanges(fields("overrides"), fields("defaults"), aliases, messages("prepend"), messages("append"))


def _apis(llm: Object, ai: Object) -> Apis:
    """The APIs beside chat completions: how they are asked for, and where a provider has them."""
    routes = sorted((ai.get("routes") or {}).items(), key=lambda one: (one[0] == "*", -len(one[0])))
    formats = dig(llm, "custom", "formats")
    own = tuple((one["type"], one.get("path")) for one in formats or []) if "custom" in llm else None
    return Apis(tuple(routes), llm.get("path"), llm.get("pathPrefix"), own)


def _completions_path(llm: Object) -> tuple[str | None, str | None]:
    """Path and prefix for chat completions. A custom provider's are OpenAI's where nothing says so, host or not."""
    prefix: str | None = llm.get("pathPrefix")
    if "custom" not in llm or "path" in llm:
        return None, prefix
    formats = llm["custom"].get("formats") or []
    path = next((one.get("path") for one in formats if one.get("type") == "Completions"), None)
    if path is None:
        return None, prefix or "/v1"
    if path.endswith("/chat/completions"):
        return None, path.removesuffix("/chat/completions")
    return path, None


def _said(name: Name, policies: Object | None) -> Fields:
    return {field: (name[0], value) for field, value in (policies or {}).items() if value is not None}


def _alternative(name: str) -> dict[str, Any]:
    """A name to verify as a BackendTLSPolicy has it."""
    return {"type": "URI", "uri": name} if "://" in name else {"type": "Hostname", "hostname": name}
