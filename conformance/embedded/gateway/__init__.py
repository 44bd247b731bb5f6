"""The reference gateway: what the documentation says agentgateway does, on loopback."""

from conformance.embedded.gateway.config import GatewayConfig
from conformance.embedded.gateway.gateway import ReferenceGateway
from conformance.embedded.gateway.seams import REFERENCE, Seams

__all__ = ["REFERENCE", "GatewayConfig", "ReferenceGateway", "Seams"]
