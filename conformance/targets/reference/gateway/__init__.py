"""The reference gateway: what the documentation says agentgateway does, on loopback."""

from conformance.targets.reference.gateway.config import GatewayConfig
from conformance.targets.reference.gateway.gateway import ReferenceGateway
from conformance.targets.reference.gateway.seams import REFERENCE, Seams

__all__ = ["REFERENCE", "GatewayConfig", "ReferenceGateway", "Seams"]
