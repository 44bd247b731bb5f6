"""What a statement can be about: reports print it, and diagnosis goes by it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Facet"]


class Facet(StrEnum):
    """The side of an exchange, or of what an object or the API endpoint says, that is not as expected."""

    # What arrived upstream, and where.
    ARRIVAL = "arrival"
    AUTHORITY = "authority"
    BODY = "body"
    BODY_SIZE = "body size"
    COPY = "copy"
    CREDENTIAL = "credential"
    ELSEWHERE = "elsewhere"
    FAILOVER = "failover"
    FRAMING = "framing"
    HANG_UP = "hang-up"
    HEADER = "header"
    LEAK = "leak"
    METHOD = "method"
    MODEL = "model"
    PLACEHOLDER = "placeholder"
    PLAINTEXT = "plaintext"
    REACHED = "reached"
    SECOND_REQUEST = "second request"
    SHARE = "share"
    GROUP = "share of a group"
    TARGET = "target"
    TLS = "tls"

    # What the client got.
    ANSWER = "answer"
    ANSWER_SIZE = "answer size"
    BREAK = "break"
    CONCURRENCY = "concurrency"
    DISCLOSURE = "disclosure"
    OWN_ERROR = "own error"
    ENCODING = "encoding"
    EVENTS = "events"
    EXAMPLE_OUTPUT = "example output"
    ISOLATION = "isolation"
    RESPONSE_BODY = "response body"
    RESPONSE_HEADER = "response header"
    RESPONSE_MODEL = "response model"
    STATUS = "status"
    STREAMING = "streaming"

    # What a change of objects came to.
    CHANGE = "change"
    INTERMITTENT = "intermittent"
    GENERATION = "generation"
    GENERATION_STAYS = "generation stays"

    # What the status of an object says.
    ATTACHED_ROUTES = "attached routes"
    CONDITION_CLAIMS = "condition claims"
    CONDITION_MISSING = "condition missing"
    CONDITION_REASON = "condition reason"
    CONDITION_REFUSES = "condition refuses"
    CONDITION_STALE = "condition stale"
    CONDITION_TIME = "condition time"
    FOREIGN_ENTRY = "foreign entry"
    LISTENER = "listener"
    POLICY_CLAIM = "policy claim"
    POLICY_STATUS = "policy status"
    STATUS_ENTRY = "status entry"

    # What the API endpoint does with an object.
    ADMISSION = "admission"
    ADMISSION_MESSAGE = "admission message"
    ADMISSION_RULE = "admission rule"
    DEFAULTS = "defaults"
    DRY_RUN = "dry run"
    UNCHECKED_CHANGE = "unchecked change"
    UNKNOWN_FIELD = "unknown field"
