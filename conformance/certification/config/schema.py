"""The format of `.agw-conformance.yaml` as a JSON Schema, for editors; what counts is how we read it."""

from __future__ import annotations

from conformance.core.yaml.fields import Pattern
from conformance.core.yaml.schema import DRAFT, Schema, list_of, record, text
from conformance.manifests.dialects import DIALECTS

__all__ = ["CHECK", "DATE", "GROUP_NAME", "NAME_OF_OBJECT", "VARIABLE", "config_schema"]

GROUP_NAME = Pattern(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", "a name of letters, digits, dots, dashes, underscores")
NAME_OF_OBJECT = Pattern(r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", "a name that Kubernetes takes")
VARIABLE = Pattern(r"^[A-Za-z_][A-Za-z0-9_]*$", "the name of an environment variable, never a key")
CHECK = Pattern(r"^[a-z0-9-]+(/[a-z0-9-]+)?$", "the id of a check or a case, as findings tell it")
DATE = Pattern(r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "a date such as 2027-03-31")


def config_schema() -> Schema:
    """JSON Schema 2020-12."""
    return {
        "$schema": DRAFT,
        "title": "Configuration of agw-conformance for a repository",
        "description": "What is certified, how, and which findings are accepted. Paths are relative to this file.",
        **record(
            {
                "paths": _paths("Files and folders that are certified together. Either these or groups."),
                "groups": list_of("Each is certified by itself.", _group()),
                **_versions(),
                "keys": list_of(
                    "Variables in Secrets that get a made-up key where they have no value.",
                    text("The name of a variable.", VARIABLE),
                ),
                "variables": _variables(),
                "gateways": list_of("Gateways that stand elsewhere, and that routes here attach to.", _gateway()),
                "accept": list_of("Findings that are accepted.", _accepted()),
            }
        ),
    }


def _group() -> Schema:
    fields = {
        "name": text("How it is called in output, reports and --group.", GROUP_NAME),
        "paths": _paths("Files and folders that belong together."),
        **_versions(),
        "helmValues": list_of("Files with values for the charts among the paths; the last counts.", text("A file.")),
        "variables": _variables(),
    }
    return record(fields, required=["name", "paths"])


def _variables() -> Schema:
    return {
        "description": "What Flux or envsubst fills in for $NAME and ${NAME}, everywhere; no keys.",
        "type": "object",
        "additionalProperties": {"type": "string"},
    }


def _paths(description: str) -> Schema:
    return {**list_of(description, text("A file or folder below this one's.")), "minItems": 1}


def _versions() -> Schema:
    return {
        "dialect": {"description": "The API of the manifests, where it cannot be seen.", "enum": list(DIALECTS)},
        "gatewayVersion": text("The gateway's release that they are meant for, in quotes, such as '1.4'."),
    }


def _gateway() -> Schema:
    fields = {
        "name": text("Its name.", NAME_OF_OBJECT),
        "namespace": text("Its namespace.", NAME_OF_OBJECT),
        "gatewayClassName": text("Its class; left out: that of the documented Gateway."),
        "listeners": {
            "description": "As in the Gateway's spec; left out: one for HTTP that takes routes of all namespaces.",
            "type": "array",
            "items": {"type": "object"},
            "minItems": 1,
        },
    }
    return record(fields, required=["name", "namespace"])


def _accepted() -> Schema:
    fields = {
        "check": text("The id, such as no-policy-for-tls-port.", CHECK),
        "path": text("Only in files that fit this pattern, or in this folder."),
        "reason": text("Why it is accepted, for whoever reads it."),
        "expires": text("The last day on which it is; later it is an error.", DATE),
    }
    return record(fields, required=["check", "reason", "expires"])
