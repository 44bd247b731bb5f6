"""Which case a gateway with a defect fails, and what the output then says of the cause."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CAUGHT", "Caught"]


@dataclass(frozen=True)
class Caught:
    """A mutant, the case that catches it, and a part of the cause that is named."""

    mutant: str
    case: str
    cause: str
    dialect: str = "kgateway-2.1"


CAUGHT: tuple[Caught, ...] = (
    Caught("stream-model-kept", "streaming/model-path-and-key", "the Backend's model did not override the client's"),
    Caught("stream-piece-behind", "streaming/no-piece-held-back", "keeps a piece of the stream back until"),
    Caught("stream-characters-broken", "streaming/cut-anywhere", "broke a character that came in two pieces"),
    Caught("stream-last-line-lost", "streaming/cut-anywhere", "did not pass on the stream's end, data: [DONE]"),
    Caught("stream-events-cut", "streaming/cut-anywhere", "the gateway changed the stream"),
    Caught("stream-errors-dropped", "streaming/error-event-passes", "the gateway changed the provider's answer"),
    Caught("stream-json-dropped", "streaming/json-instead-of-stream", "the gateway changed the provider's answer"),
    Caught("rare-status-changed", "errors/unusual-status-passes", "the provider answered 529, but the client got 500"),
    Caught("trust-on-first-use", "tls/verified-on-every-connection", "did not verify the certificate's name"),
    Caught("wildcard-any-depth", "tls/wildcard-is-one-label", "did not verify the certificate's name against"),
    Caught("first-authority-only", "tls/every-authority-trusted", "does not trust each of the 2 authorities"),
    Caught("last-authority-only", "tls/every-authority-trusted", "does not trust each of the 2 authorities"),
    Caught("uri-names-ignored", "tls/alternative-name-accepted", "a certificate for one of the alternative names"),
    Caught("connection-first-token", "auth/hop-by-hop-kept-back", "sent a header X-For-One-Hop to the provider"),
    Caught("connection-first-line", "auth/hop-by-hop-kept-back", "sent a header X-For-One-Hop to the provider"),
    Caught("closed-connection-reused", "errors/idle-connection-closed", "connection closed before message completed"),
    Caught("repeated-headers-joined", "body/repeated-headers-stay-apart", "response header set-cookie"),
    Caught("port-lost-by-number", "host/keeps-unusual-port", "left the port out of Host, which is not the usual one"),
    Caught("key-in-answer-header", "secrets/hidden-in-provider-errors", "the gateway shows a key to people"),
    Caught("unsendable-key-quoted", "secrets/no-secret-data-shown", "the gateway shows a key to people"),
    Caught("secret-data-in-status", "secrets/no-secret-data-shown", "the gateway shows a key to people"),
    Caught("secret-key-case-ignored", "auth/secret-key-case-counts", "the gateway sent a key where none may go"),
    Caught("size-not-told", "body/large-answer-told", "did not say that it is too large"),
    Caught("size-not-told", "body/large-request-told", "did not say that it is too large"),
    Caught("large-answers-cut", "body/large-answer-told", "passed a part of a large answer on"),
    Caught("grant-deletion-ignored", "status/grant-revoked", "after the change of ReferenceGrant"),
    Caught("late-grant-ignored", "status/grant-revoked", "after the change of ReferenceGrant"),
    Caught("status-namespace-missing", "status/parents-of-other-namespace", "does not say whom it is about"),
    Caught("policy-namespace-missing", "status/parents-of-other-namespace", "does not say whom it is about"),
    Caught("refs-of-refused-missing", "status/resolved-beside-refused", "says nothing of this about the object"),
    Caught("foreign-entries-dropped", "status/others-entries-stay", "took away what another controller had written"),
    Caught("transition-time-moves", "status/transition-time-stays", "although the condition's status did not"),
    Caught("unknown-in-lists-pruned", "admission/unknown-field-in-list-refused", "what the documented API refuses"),
    Caught("weight-default-missing", "admission/defaults-stored", "does not store the defaults"),
    Caught("prefix-slash-counts", "routing/prefix-with-slash", "the gateway has no route for POST /mistral"),
    Caught("rewrite-doubles-slash", "path/rewrite-spares-the-rest", "the gateway doubled a slash of the path"),
    Caught("rewrite-decodes", "path/rewrite-spares-the-rest", "changed the path's percent-encoding"),
    Caught("rewrite-loses-query", "path/rewrite-spares-the-rest", "the gateway lost or changed the query string"),
    Caught("rule-filters-after-key", "auth/rule-cannot-touch-key", "sent another credential than configured"),
    *(
        Caught(mutant, "isolation/failover-takes-nothing-along", cause, "agentgateway-1")
        for mutant, cause in (
            ("failover-model-kept", "the gateway sent another model than configured"),
            ("failover-key-kept", "the header x-second-key is missing"),
            ("failover-path-kept", "the gateway made another path than configured"),
        )
    ),
    *(
        Caught(mutant, case, cause, "agentgateway-1")
        for mutant, case, cause in (
            (
                "transformation-ignored",
                "routing/policy-transforms-headers",
                "did not pass on the client's header x-set",
            ),
            ("answers-not-transformed", "routing/policy-transforms-headers", "response header x-set"),
            ("direct-response-ignored", "routing/policy-answers", "although a policy has it answer directly"),
            ("callers-not-asked", "auth/caller-needs-key", "although clients need a key"),
            ("host-rewrite-ignored", "host/kept-by-policy", "another Host than configured"),
            ("further-keys-ignored", "auth/several-keys", "one of several keys did not arrive"),
            ("key-location-ignored", "auth/key-in-query", "did not arrive in the query parameter api_key"),
            ("key-location-ignored", "auth/key-in-cookie", "did not arrive in the cookie api_key"),
        )
    ),
    Caught("headers-before-length", "routing/precedence", "the gateway made another path than configured"),
    Caught("query-match-ignored", "routing/query-match", "matched a route for other query parameters"),
    Caught("method-match-ignored", "routing/header-and-method-match", "matched a route for other methods"),
    Caught("expressions-unanchored", "routing/query-match", "matched a route for other query parameters"),
    Caught("expressions-unanchored", "routing/header-and-method-match", "matched a route for other headers"),
    Caught("exact-is-prefix", "routing/exact-is-no-prefix", "an exact path is no prefix"),
    Caught("hostnames-ignored", "routing/hostnames", "matched a route for other hosts"),
    Caught("wildcard-matches-parent", "routing/hostnames", "matched a route for other hosts"),
    Caught("filters-ignored", "routing/redirect-filter", "the rule has no backend"),
    Caught("filters-ignored", "routing/response-header-filter", "response header x-set"),
    Caught("timeouts-ignored", "routing/backend-request-timeout", "has no effect"),
    *(
        Caught(mutant, case, cause, "agentgateway-1")
        for mutant, case, cause in (
            ("apis-not-told-apart", "path/endpoint-by-suffix", "failed to parse request: missing field `messages`"),
            ("shortest-end-counts", "path/endpoint-by-suffix", "the gateway made another path than configured"),
            ("api-at-chats-path", "path/endpoint-by-suffix", "the gateway made another path than configured"),
            ("passthrough-read", "path/passthrough-as-it-is", "failed to parse request: missing field `messages`"),
            ("api-model-kept", "model/endpoint-overridden", "the Backend's model did not override the client's"),
            ("api-fields-dropped", "body/endpoint-body-kept", "the gateway dropped x-any of the client's request"),
        )
    ),
    Caught("request-retried", "errors/sent-once", "the gateway sent the request 2 times"),
)
