"""The cases, one file an area of the catalogue; and here what their files declare them with.

What a case states is in `conformance.exchange.expectations`.
"""

from __future__ import annotations

from conformance.core.redaction import new_key
from conformance.exchange.exchange import Exchange
from conformance.exchange.messages import ClientRequest, Headers
from conformance.manifests.dialects.gateway_api import GROUP
from conformance.manifests.fields.table import Aspect
from conformance.manifests.objects import BACKEND, Manifest, ManifestSet
from conformance.stage.case import Level, NotApplicable, case, param, parametrize, per_dialect
from conformance.stage.requests import CLIENT_KEY
from conformance.stage.scenario.draft import isolate, rename_host, variation_host
from conformance.stage.scenario.scenario import DOCUMENTED, Change, Draft, Material, Scenario
from conformance.stage.stage import Stage
from mock_providers.behaviour import VENDOR, Behaviour
from mock_providers.identities import WRONG_NAME

__all__ = [
    "BACKEND",
    "CLIENT_KEY",
    "DOCUMENTED",
    "GROUP",
    "VENDOR",
    "WRONG_NAME",
    "Aspect",
    "Behaviour",
    "Change",
    "ClientRequest",
    "Draft",
    "Exchange",
    "Headers",
    "Level",
    "Manifest",
    "ManifestSet",
    "Material",
    "NotApplicable",
    "Scenario",
    "Stage",
    "case",
    "isolate",
    "new_key",
    "param",
    "parametrize",
    "per_dialect",
    "rename_host",
    "variation_host",
]
