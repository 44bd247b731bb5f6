"""The reference gateway: what the documentation says agentgateway does, on loopback."""

from conformance.targets.embedded.gateway.config import GatewayConfig
from conformance.targets.embedded.gateway.gateway import ReferenceGateway
from conformance.targets.embedded.gateway.seams import REFERENCE, Seams

__all__ = ["REFERENCE", "GatewayConfig", "ReferenceGateway", "Seams"]
