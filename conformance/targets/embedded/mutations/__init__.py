"""The registry of mutants: every one is the reference with one defect, which some case must notice."""

from __future__ import annotations

from conformance.targets.embedded.mutations.admission.overlooking import ADMISSIONS
from conformance.targets.embedded.mutations.admission.refusing import REFUSING
from conformance.targets.embedded.mutations.controller.configurations import CONFIGURATIONS
from conformance.targets.embedded.mutations.controller.crossing import CROSSING
from conformance.targets.embedded.mutations.controller.deciding import DECIDING
from conformance.targets.embedded.mutations.controller.decisions import DECISIONS
from conformance.targets.embedded.mutations.controller.filters import FILTERS
from conformance.targets.embedded.mutations.controller.lasting import LASTING
from conformance.targets.embedded.mutations.controller.likenesses import LIKENESSES
from conformance.targets.embedded.mutations.controller.policies import POLICIES
from conformance.targets.embedded.mutations.controller.providing import PROVIDING
from conformance.targets.embedded.mutations.controller.remembering import REMEMBERING
from conformance.targets.embedded.mutations.controller.secrets import SECRETS
from conformance.targets.embedded.mutations.controller.statuses.disclosures import DISCLOSURES
from conformance.targets.embedded.mutations.controller.statuses.gateways import GATEWAYS
from conformance.targets.embedded.mutations.controller.statuses.statuses import STATUSES
from conformance.targets.embedded.mutations.controller.statuses.telling import TELLING
from conformance.targets.embedded.mutations.controller.translating import TRANSLATING
from conformance.targets.embedded.mutations.gateway.answers.answers import ANSWERS
from conformance.targets.embedded.mutations.gateway.answers.errors import ERRORS
from conformance.targets.embedded.mutations.gateway.answers.flows import FLOWS
from conformance.targets.embedded.mutations.gateway.answers.pieces import PIECES
from conformance.targets.embedded.mutations.gateway.answers.refusals import REFUSALS
from conformance.targets.embedded.mutations.gateway.answers.replies import REPLIES
from conformance.targets.embedded.mutations.gateway.answers.streams import STREAMS
from conformance.targets.embedded.mutations.gateway.bodies.apis import APIS
from conformance.targets.embedded.mutations.gateway.bodies.models import MODELS
from conformance.targets.embedded.mutations.gateway.bodies.payloads import PAYLOADS
from conformance.targets.embedded.mutations.gateway.bodies.reading import READING
from conformance.targets.embedded.mutations.gateway.bodies.requests import REQUESTS
from conformance.targets.embedded.mutations.gateway.heads.credentials import CREDENTIALS
from conformance.targets.embedded.mutations.gateway.heads.headers import HEADERS
from conformance.targets.embedded.mutations.gateway.heads.keys import KEYS
from conformance.targets.embedded.mutations.gateway.heads.places import PLACES
from conformance.targets.embedded.mutations.gateway.heads.rewriting import REWRITING
from conformance.targets.embedded.mutations.gateway.heads.targets import TARGETS
from conformance.targets.embedded.mutations.gateway.intermittent import INTERMITTENT
from conformance.targets.embedded.mutations.gateway.routes.choosing import CHOOSING
from conformance.targets.embedded.mutations.gateway.routes.filtering import FILTERING
from conformance.targets.embedded.mutations.gateway.routes.matching import MATCHING
from conformance.targets.embedded.mutations.gateway.routes.ranking import RANKING
from conformance.targets.embedded.mutations.gateway.tls.connections import CONNECTIONS
from conformance.targets.embedded.mutations.gateway.tls.handshakes import HANDSHAKES
from conformance.targets.embedded.mutations.gateway.tls.speaking import SPEAKING
from conformance.targets.embedded.mutations.gateway.tls.transports import TRANSPORTS
from conformance.targets.embedded.mutations.gateway.tls.verifying import VERIFYING
from conformance.targets.embedded.mutations.mutant import Mutant

__all__ = ["MUTANTS", "Mutant"]

_ROUTES = (*MATCHING, *RANKING, *CHOOSING, *FILTERING)
_HEADS = (*TARGETS, *REWRITING, *PLACES, *KEYS, *CREDENTIALS, *HEADERS)
_BODIES = (*MODELS, *READING, *REQUESTS, *PAYLOADS, *APIS)
_ANSWERS = (*ANSWERS, *REPLIES, *ERRORS, *REFUSALS, *STREAMS, *PIECES, *FLOWS)
_TLS = (*TRANSPORTS, *SPEAKING, *VERIFYING, *HANDSHAKES, *CONNECTIONS)
_CONTROLLER = (*SECRETS, *DECISIONS, *DECIDING, *PROVIDING, *CONFIGURATIONS, *TRANSLATING, *FILTERS, *POLICIES)
_FOLLOWING = (*LASTING, *REMEMBERING, *CROSSING, *LIKENESSES)
_STATUSES = (*STATUSES, *TELLING, *GATEWAYS, *DISCLOSURES)
_ALL = (*_ROUTES, *_HEADS, *_BODIES, *_ANSWERS, *_TLS, *INTERMITTENT, *_CONTROLLER, *_FOLLOWING, *_STATUSES)

MUTANTS: dict[str, Mutant] = {one.name: one for one in (*_ALL, *ADMISSIONS, *REFUSING)}
"""All mutants by name. A run takes the `seams`, `controller` and `admission` of one."""
