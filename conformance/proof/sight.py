"""Which areas of the catalogue can see a defect: its own, and those that the step it sits in has an effect on."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.proof.defects import Defect
from conformance.stage.case import AREAS

__all__ = ["SEES", "STEADY", "areas_that_see"]

STEADY = ("errors/steady", "isolation/no-cross-talk")
"""The cases that send many requests that are alike: what shows now and then is for them to notice, and to tell so."""

SEES: Mapping[str, tuple[str, ...]] = {
    # Steps of the gateway, in the order of a request.
    "lenient_framing": ("secrets",),
    "host_of": ("secrets", "routing", "host"),
    "slots": ("isolation",),
    "exchange_seconds": ("streaming", "routing"),
    "watches_client": ("streaming",),
    "listener_for": ("routing",),
    "precedence": ("routing",),
    "rotation": ("routing",),
    "host_matches": ("routing",),
    "path_matches": ("routing", "path"),
    "parameters": ("routing",),
    "preflight": ("routing",),
    "cors": ("routing",),
    "mirrors": ("routing",),
    "end_to_end": ("auth", "body", "secrets"),
    "request_limit": ("body", "errors"),
    "decode": ("body", "errors"),
    "api_of": ("path", "body", "model"),
    "parse": ("errors", "body"),
    "edit": ("model", "body", "streaming"),
    "edit_any": ("model", "body"),
    "provider_order": ("isolation", "errors", "routing"),
    "is_unhealthy": ("isolation", "errors"),
    "tries_next": ("errors", "isolation"),
    "credential_of": ("auth", "isolation", "secrets"),
    "authorise": ("auth", "secrets"),
    "authority": ("host", "routing", "secrets"),
    "target": ("path", "routing"),
    "address": ("host", "secrets", "isolation"),
    "transport": ("tls", "lifecycle", "secrets"),
    "plan_handshake": ("tls", "errors"),
    "identity": ("isolation", "lifecycle", "tls"),
    "checks_idle": ("errors",),
    "drains": ("lifecycle",),
    "redirect": ("secrets", "errors"),
    "answer_headers": ("body", "errors", "routing", "secrets", "streaming"),
    "answer_limit": ("body", "errors"),
    "check_answer": ("errors", "body"),
    "answered": ("errors", "body", "model"),
    "streamed": ("streaming", "body"),
    "relay": ("streaming", "errors"),
    "refused": ("errors", "secrets", "status", "routing", "isolation"),
    "log_line": ("secrets",),
    # Decisions of the controller.
    "find_secret": ("auth", "lifecycle", "status", "secrets"),
    "token": ("auth",),
    "credential": ("auth",),
    "without_credential": ("auth", "status"),
    "provider": ("auth", "host", "model", "path", "tls", "body"),
    "below_own": ("auth",),
    "with_traffic": ("routing", "auth", "host"),
    "upstream_tls": ("tls", "lifecycle"),
    "policy_reach": ("tls", "isolation"),
    "policy_targets": ("tls", "status", "isolation"),
    "claimed": ("status", "tls"),
    "granted": ("status", "routing"),
    "permitted": ("routing", "status", "lifecycle"),
    "section_fits": ("routing", "status"),
    # Whatever a configuration says may be wrong in it.
    "settled": ("routing", "lifecycle", "isolation", "auth", "host", "path", "tls", "model", "status", "errors"),
    "reported": ("status", "routing", "lifecycle", "secrets", "auth", "tls"),
    # The API endpoint.
    "admission": ("admission", "lifecycle", "routing", "tls"),
}
"""By step (a field of Seams or ControllerSeams, or `admission`), whose cases look at what it does."""


def areas_that_see(mutant: Defect) -> list[str]:
    """Its own area first, then those of its steps; what is rare is seen by those that send much."""
    found = [mutant.area, *(area for step in mutant.steps for area in SEES[step])]
    found += ["errors", "isolation"] if mutant.share < 1 else []
    return [one for one in dict.fromkeys(found) if one in AREAS]
