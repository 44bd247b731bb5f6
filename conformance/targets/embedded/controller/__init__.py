"""The controller: Kubernetes objects to the gateway's configuration and to status conditions."""

from conformance.targets.embedded.controller.controller import Controller
from conformance.targets.embedded.controller.seams import REFERENCE_CONTROLLER, ControllerSeams

__all__ = ["REFERENCE_CONTROLLER", "Controller", "ControllerSeams"]
