"""Static checks: mistakes that can be seen in the manifests, each at file, line and column with its remedy."""

from conformance.checks import (  # each registers its rules
    attachment,
    auth,
    authorities,
    backends,
    classes,
    fields,
    grants,
    objects,
    paths,
    placeholders,
    policy_targets,
    references,
    secret_content,
    secret_objects,
    server_names,
    shadowing,
    versions,
)
from conformance.checks.model import Defect, Severity, Sheet
from conformance.checks.registry import CHECKS, check

__all__ = [
    "CHECKS",
    "Defect",
    "Severity",
    "Sheet",
    "attachment",
    "auth",
    "authorities",
    "backends",
    "check",
    "classes",
    "fields",
    "grants",
    "objects",
    "paths",
    "placeholders",
    "policy_targets",
    "references",
    "secret_content",
    "secret_objects",
    "server_names",
    "shadowing",
    "versions",
]
