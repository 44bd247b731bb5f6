"""Lookalikes: servers that stand in for OpenAI-compatible providers and keep a journal of what reached them."""

from mock_providers.behaviour import VENDOR, Behaviour, Identity
from mock_providers.identities import Authority
from mock_providers.journal import (
    CORRELATION_HEADER,
    ConnectionSeen,
    Entries,
    Journal,
    JournalTimeout,
    RequestSeen,
    TlsFacts,
)
from mock_providers.lookalikes import Attachment, Listener, Lookalikes

__all__ = [
    "CORRELATION_HEADER",
    "VENDOR",
    "Attachment",
    "Authority",
    "Behaviour",
    "ConnectionSeen",
    "Entries",
    "Identity",
    "Journal",
    "JournalTimeout",
    "Listener",
    "Lookalikes",
    "RequestSeen",
    "TlsFacts",
]
