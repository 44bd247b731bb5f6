"""Area J: what the API endpoint takes and refuses."""

from __future__ import annotations

from conformance.cases import Level, Stage, case
from conformance.cases.admission_edits import Rule
from conformance.cases.admission_rules import oddities, rules
from conformance.exchange.expectations import verify_accepted, verify_refusal

TYPES = "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)"
SUCCESSOR = "API agentgateway 1.4, v1alpha1 (FACTS 4.1)"
POLICY = "GW BackendTLSPolicy v1.4 (FACTS 7.2)"


async def refuses(stage: Stage, rule: Rule | None, *, unknown: bool = False) -> None:
    """A copy of the scene's own object with the rule's edit is refused with the rule's message."""
    if rule is None:
        stage.only_if(False, f"the API of {stage.configuration.dialect} has nothing of the kind")
        return
    data = variant(stage, rule)
    verify_refusal(await stage.dry_run(data), f"{rule.kind} with {rule}", rule.message, unknown=unknown)


def variant(stage: Stage, rule: Rule) -> dict[str, object]:
    """The edited copy; the case does not apply to manifests that have nothing of the kind."""
    data = stage.spare(rule.kind)
    try:
        rule.edit(data["spec"])
    except LookupError as error:
        stage.only_if(False, f"the manifests have nothing that {rule} could be tried on: {error}")
    return data


@case(
    "admission/manifests-accepted",
    Level.MUST,
    "The API endpoint takes the manifests as they are, by server-side apply with strict field validation.",
    source="SEED, every step (kubectl apply)",
    lines=[110],
    certifies=True,
)
async def test_manifests_accepted(stage: Stage) -> None:
    verify_accepted(stage.refusals)


@case(
    "admission/host-with-port",
    Level.MUST,
    "A provider entry with host and no port, or the reverse, is refused.",
    source=f"SEED table port; {TYPES}",
    lines=[100],
)
@rules("host-and-port")
async def test_host_with_port(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/host-and-port-well-formed",
    Level.MUST,
    "An empty host, or a port that is no number, is refused.",
    source=TYPES,
    lines=[101],
)
@rules("host-and-port-form")
async def test_host_and_port_well_formed(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/port-in-range",
    Level.MUST,
    "A port outside of 1 to 65535 is refused.",
    source="API kgateway 2.1 LLMProvider.port (PortNumber); FACTS 1.11, 7.1 no. 3",
    lines=[101],
)
@rules("port-range")
async def test_port_in_range(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/exactly-one-provider",
    Level.MUST,
    "A provider entry with two kinds of provider, or with none, is refused.",
    source=TYPES,
    lines=[102],
)
@rules("one-provider")
async def test_exactly_one_provider(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/type-fits-field",
    Level.MUST,
    "A Backend of unknown kind, of none or of two, or whose type is not that of the field it has, is refused.",
    source=TYPES,
    lines=[103],
)
@rules("type")
async def test_type_fits_field(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/llm-or-priority-groups",
    Level.MUST,
    "A Backend with a single provider and groups of them, or with neither, is refused.",
    source=TYPES,
    lines=[104],
)
@rules("llm-or-groups")
async def test_llm_or_priority_groups(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/auth-token-complete",
    Level.MUST,
    "Authentication that is empty, of unknown kind, or by a token and a Secret at once is refused.",
    source=f"SEED table authToken; {TYPES}",
    lines=[105],
)
@rules("auth-token")
async def test_auth_token_complete(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/auth-header-not-empty",
    Level.MUST,
    "An authHeader, or a location of the key, that says nothing is refused.",
    source=f"SEED table authHeader; {TYPES}",
    lines=[106],
)
@rules("auth-header")
async def test_auth_header_not_empty(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/path-full-not-empty",
    Level.MUST,
    "An empty path is refused.",
    source=f"SEED table path; {TYPES}",
    lines=[107],
)
@rules("path")
async def test_path_full_not_empty(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/priority-groups-sound",
    Level.MUST,
    "Priority groups that are empty, or whose members share a name, are refused.",
    source=TYPES,
    lines=[108],
)
@rules("groups")
async def test_priority_groups_sound(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/misplaced-field-refused",
    Level.MUST,
    "A field that is indented under the wrong parent is refused by a strict apply, on the server's side or on the"
    " client's, which creates: never dropped in silence.",
    source="Kubernetes API, field validation Strict; agentgateway#1712; FACTS 7.1 no. 5 and 12",
    lines=[151],
)
@rules("misplaced")
async def test_misplaced_field_refused(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule, unknown=True)
    refused = await stage.dry_run(variant(stage, rule), created=True)
    verify_refusal(refused, f"{rule.kind} with {rule} that is created", rule.message, unknown=True)


@case(
    "admission/path-or-prefix",
    Level.MUST,
    "A path together with a pathPrefix, a pathPrefix without host, or a path beside those of formats is refused.",
    source=SUCCESSOR,
    lines=[112],
)
@rules("path-or-prefix")
async def test_path_or_prefix(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/custom-provider-complete",
    Level.MUST,
    "A custom provider without target or formats, or with a relative path, is refused.",
    source=SUCCESSOR,
    lines=[112],
)
@rules("custom")
async def test_custom_provider_complete(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/own-tls-sound",
    Level.MUST,
    "TLS settings of a Backend that contradict each other, or name no host, are refused.",
    source=SUCCESSOR,
    lines=[112],
)
@rules("tls")
async def test_own_tls_sound(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/policy-names-authorities",
    Level.MUST,
    "A BackendTLSPolicy with both kinds of authorities, with neither, or with unknown ones is refused.",
    source=POLICY,
    lines=[109],
)
@rules("policy-authorities")
async def test_policy_names_authorities(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/policy-names-host",
    Level.MUST,
    "A BackendTLSPolicy without hostname, or with a wildcard, is refused.",
    source=POLICY,
    lines=[109],
)
@rules("policy-hostname")
async def test_policy_names_host(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/policy-host-no-ip",
    Level.MUST,
    "A BackendTLSPolicy whose hostname is an IP address is refused.",
    source="GW PreciseHostname (numeric IP addresses are not allowed); FACTS 7.1 no. 4",
    lines=[109],
)
@rules("policy-ip")
async def test_policy_host_no_ip(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/policy-targets-sound",
    Level.MUST,
    "A BackendTLSPolicy with no target, more than 16, or the same one twice is refused.",
    source=POLICY,
    lines=[109],
)
@rules("policy-targets")
async def test_policy_targets_sound(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/route-prefix-to-replace",
    Level.MUST,
    "A route that replaces the matched prefix, by a rewrite or a redirect, and does not match by exactly one prefix is"
    " refused; and so is one whose timeout for the backend is longer than that for the whole request.",
    source="GW HTTPRouteRule, replacePrefixMatch (exactly one PathPrefix match must be specified); HTTPRouteTimeouts",
    lines=[110],
)
@rules("route-prefix")
async def test_route_prefix_to_replace(stage: Stage, rule: Rule) -> None:
    await refuses(stage, rule)


@case(
    "admission/oddities",
    Level.INFO,
    "Recorded: whether the API takes what can mean nothing good: a path without slash, a key or a Secret without name.",
    source="FACTS 1.4, 7.2",
    lines=[107, 111],
)
@oddities()
async def test_oddities(stage: Stage, rule: Rule) -> None:
    refused = await stage.dry_run(variant(stage, rule))
    stage.observe(f"{rule}: {f'refused: {refused}' if refused else 'accepted'}")
