"""The controller: Kubernetes objects to the gateway's configuration and to status conditions."""

from conformance.targets.reference.controller.controller import Controller
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER, ControllerSeams

__all__ = ["REFERENCE_CONTROLLER", "Controller", "ControllerSeams"]
