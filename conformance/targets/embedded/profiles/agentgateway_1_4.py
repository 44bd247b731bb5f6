"""What agentgateway 1.4 does otherwise than documented: its proxy, its main line's, its control plane in a cluster.

Each change stands for entries of fixtures/deviations/agentgateway-1.4.yaml, which say what happens and where it comes
from in the source.
"""

from __future__ import annotations

from conformance.targets.embedded.mutations.controller.likenesses import names_alone
from conformance.targets.embedded.profiles import answers, heads, statuses
from conformance.targets.embedded.profiles.profile import Change

__all__ = ["CONTROL_PLANE", "MAIN_PROXY", "PROXY"]

PROXY = (
    Change((("routing/older-before-name", ""),), controller=lambda: {"settled": names_alone}),
    Change((("path/default-with-host", ""),), gateway=lambda: {"target": heads.clients_path}),
    Change((("host/keeps-unusual-port", ""),), gateway=lambda: {"authority": heads.without_port}),
    Change((("auth/hop-by-hop-kept-back", "-te]"),), gateway=lambda: {"end_to_end": heads.te_kept}),
    Change(
        (("auth/client-cannot-replace-moved-key", "-Authorization]"),),
        gateway=lambda: {"authorise": heads.clients_authorization},
    ),
    Change(
        (("routing/hostnames", "-ONE]"), ("routing/hostnames", "-a.MANY]")),
        gateway=lambda: {"host_matches": heads.exact_letters},
    ),
    Change((("secrets/two-hosts-refused", ""),), gateway=lambda: {"host_of": heads.first_host}),
    Change((("routing/query-first-counts", ""),), gateway=lambda: {"parameters": heads.last_parameter}),
    Change((("body/gzip-members-together", ""),), gateway=lambda: {"decode": answers.first_gzip_member}),
    Change((("body/answer-hops-kept-back", ""),), gateway=lambda: {"answer_headers": answers.hops_passed}),
    Change((("streaming/cut-anywhere", "-last-line-open]"),), gateway=lambda: {"streamed": answers.broken_if_open}),
    # A JSON object has no line feed at its end, either.
    Change((("streaming/json-instead-of-stream", ""),), gateway=lambda: {"streamed": answers.of_no_length}),
)
"""As the binary does it, whatever configures it."""

MAIN_PROXY = (
    *PROXY,
    Change(
        (("auth/hop-by-hop-kept-back", "-proxy-authorization]"),),
        gateway=lambda: {"end_to_end": heads.proxy_authorization_kept},
    ),
)
"""As the main line of 2026-08-21 does it."""

CONTROL_PLANE = (
    Change((("admission/policy-host-no-ip", ""),), overlooks=lambda cause: "not an IP address" in str(cause)),
    Change(
        (("status/policy-without-authority", "-ca-missing"), ("status/policy-without-authority", "-ca-without-key")),
        controller=lambda: {"reported": statuses.nameless_authorities},
    ),
    Change(
        (
            ("status/ineffective-policy-claims-nothing", "-group]"),
            ("tls/status-tells-the-truth", "-policy-other-group"),
        ),
        controller=lambda: {"claimed": statuses.of_other_groups},
    ),
    Change(
        (("status/parents-of-other-namespace", "[deepseek]"),), controller=lambda: {"reported": statuses.namespaceless}
    ),
    Change((("status/each-parent-counts", ""),), controller=lambda: {"reported": statuses.as_any_listener}),
    Change((("routing/mirror-filter", ""),), gateway=lambda: {"mirrors": answers.servers_only}),
)
"""What comes with its control plane, or shows only behind it."""
