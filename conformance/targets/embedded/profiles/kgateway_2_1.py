"""What kgateway 2.1 does otherwise than documented: its proxy, agentgateway 0.10, and its control plane.

Each change stands for entries of fixtures/deviations/kgateway-2.1.yaml, which say what happens and where it comes from
in the source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.manifests.schemas.errors import FieldError
from conformance.targets.embedded.mutations.controller.decisions import (
    any_group,
    hostname_only,
    own_namespace_only,
)
from conformance.targets.embedded.mutations.controller.likenesses import names_alone
from conformance.targets.embedded.mutations.controller.secrets import default_header
from conformance.targets.embedded.profiles import answers, heads, statuses
from conformance.targets.embedded.profiles.profile import Change
from conformance.targets.reference.controller.view import Object, Objects
from conformance.targets.reference.gateway.config import GatewayConfig, InvalidBackend, Route, Rule, UpstreamTls

__all__ = ["CONTROL_PLANE", "PROXY"]

UpstreamTlsOf = Callable[[Object, str], UpstreamTls | None]
Settled = Callable[[GatewayConfig, Objects], GatewayConfig]

PROXY = (
    Change((("routing/older-before-name", ""),), controller=lambda: {"settled": names_alone}),
    Change((("path/default-with-host", ""),), gateway=lambda: {"target": heads.clients_path}),
    Change(
        (("path/full-without-host", ""), ("path/defaults-without-host", "?x=1]")),
        gateway=lambda: {"target": heads.plain_default_host},
    ),
    Change(
        (
            ("host/defaults-to-backend-host", ""),
            ("host/keeps-unusual-port", ""),
            ("page/own-request-succeeds", "deepseek"),
            ("isolation/every-listed-provider", "deepseek-as-"),
            ("isolation/no-cross-talk", "deepseek"),
            ("isolation/no-shared-connections", "deepseek"),
            ("isolation/unreachable-provider", "deepseek"),
            ("isolation/slow-provider", "deepseek"),
            ("isolation/policy-deletion", "deepseek"),
        ),
        gateway=lambda: {"authority": heads.clients_host},
    ),
    Change((("auth/hop-by-hop-kept-back", "-te]"),), gateway=lambda: {"end_to_end": heads.te_kept}),
    Change((("auth/hop-by-hop-kept-back", "-named"),), gateway=lambda: {"end_to_end": heads.named_kept}),
    Change(
        (("routing/hostnames", "-ONE]"), ("routing/hostnames", "-a.MANY]")),
        gateway=lambda: {"host_matches": heads.exact_letters},
    ),
    Change((("secrets/two-hosts-refused", ""),), gateway=lambda: {"host_of": heads.first_host}),
    Change((("routing/query-first-counts", ""),), gateway=lambda: {"parameters": heads.last_parameter}),
    Change((("routing/cors-preflight", ""),), gateway=lambda: {"preflight": answers.no_credentials}),
    Change((("routing/cors-origins-whole", "-below]"),), gateway=lambda: {"cors": answers.whole_origins}),
    Change((("body/answer-hops-kept-back", ""),), gateway=lambda: {"answer_headers": answers.hops_passed}),
    Change((("streaming/cut-anywhere", "-last-line-open]"),), gateway=lambda: {"streamed": answers.broken_if_open}),
    Change(
        (("body/content-encoding-true", "stream-gzip-gzip"), ("body/content-encoding-true", "stream-identity-gzip")),
        gateway=lambda: {"streamed": answers.broken_if_compressed},
    ),
    Change(
        (("secrets/nothing-behind-ambiguous-framing", ""),),
        gateway=lambda: {"lenient_framing": lambda right: True},
    ),
)
"""As the binary of agentgateway 0.10 does it, whatever configures it."""


def _any_port(cause: FieldError) -> bool:
    """A Backend's port has no bounds."""
    return "spec.ai" in str(cause) and ".port in body should be" in str(cause)


def _plaintext_without_authority(right: UpstreamTlsOf) -> UpstreamTlsOf:
    """Without any authority that can be read there is no TLS."""
    return lambda validation, roots: None if roots == "nothing" else right(validation, roots)


def _missing_for_all(right: Settled) -> Settled:
    """A rule of which one backendRef leads nowhere leads nowhere."""

    def of_rule(rule: Rule) -> Rule:
        lost = [ref for ref in rule.backends if isinstance(ref.backend, InvalidBackend) and ref.backend.status == 500]
        return replace(rule, backends=tuple(lost[:1])) if lost else rule

    def of_route(route: Route) -> Route:
        return replace(route, rules=tuple(of_rule(rule) for rule in route.rules))

    def settled(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        config = right(config, objects)
        listeners = (replace(one, routes=tuple(of_route(route) for route in one.routes)) for one in config.listeners)
        return replace(config, listeners=tuple(listeners))

    return settled


def _hostnames_kept(right: Settled) -> Settled:
    """A route that changes is still served for the hosts that it had before."""
    known: dict[tuple[str, str, str], tuple[str, ...]] = {}

    def settled(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        config, now, listeners = right(config, objects), dict(known), []
        known.clear()
        for one in config.listeners:
            routes = []
            for route in one.routes:
                key = one.gateway, one.name, route.name
                before = now.get(key, route.hostnames)
                # Without any it is for every host, and stays so.
                both = dict.fromkeys((*before, *route.hostnames)) if before and route.hostnames else ()
                known[key] = tuple(both)
                routes.append(replace(route, hostnames=known[key]))
            listeners.append(replace(one, routes=tuple(routes)))
        return replace(config, listeners=tuple(listeners))

    return settled


CONTROL_PLANE = (
    Change((("admission/policy-host-no-ip", ""),), overlooks=lambda cause: "not an IP address" in str(cause)),
    Change((("admission/port-in-range", ""),), overlooks=_any_port),
    Change(
        (
            ("auth/header-name-moves-key", ""),
            ("auth/header-name-alone", ""),
            ("auth/prefix-changes", ""),
            ("auth/prefix-spacing", ""),
            ("auth/client-cannot-replace-moved-key", ""),
        ),
        controller=lambda: {"credential": lambda right: default_header},
    ),
    Change((("auth/missing-secret-withholds-clients-key", ""),), controller=statuses.refused_without_secret),
    Change(
        (("status/other-namespace-granted", ""), ("status/grant-revoked", "")),
        controller=lambda: {"granted": lambda right: own_namespace_only},
    ),
    Change(
        (
            ("status/parents-of-other-namespace", ""),
            ("status/policy-accepted", ""),
            ("status/policy-conflicted", ""),
            ("status/policy-without-authority", ""),
            ("status/ineffective-policy-claims-nothing", ""),
        ),
        controller=lambda: {"reported": statuses.by_envoy},
    ),
    Change(
        (("tls/policy-group-counts", ""), ("tls/status-tells-the-truth", "-policy-other-group")),
        controller=lambda: {"policy_targets": lambda right: any_group},
    ),
    Change(
        (
            ("tls/alternative-name-accepted", ""),
            ("tls/alternative-name-required", ""),
            ("tls/wildcard-is-one-label", "-wildcard-alt-two-labels"),
        ),
        controller=lambda: {"upstream_tls": lambda right: hostname_only},
    ),
    Change(
        (("tls/unusable-authority-fails-closed", ""), ("tls/deleted-authority-fails-closed", "")),
        controller=lambda: {"upstream_tls": _plaintext_without_authority},
    ),
    Change((("status/each-parent-counts", ""),), controller=lambda: {"reported": statuses.as_any_listener}),
    Change((("routing/missing-backends-share", ""),), controller=lambda: {"settled": _missing_for_all}),
    Change((("lifecycle/route-hostnames-and-filters", ""),), controller=lambda: {"settled": _hostnames_kept}),
    Change((("routing/mirror-filter", ""),), gateway=lambda: {"mirrors": answers.servers_only}),
)
"""What comes with kgateway's control plane, or shows only behind it."""
