"""Admission of the embedded Kubernetes API: schemas, defaults, validation rules, unknown fields."""

from conformance.manifests.schemas.admission import Admission, Admitted, FieldValidation, SchemaAdmission
from conformance.manifests.schemas.errors import (
    AdmissionError,
    FieldError,
    Invalid,
    NotTyped,
    Undecodable,
    UnknownFields,
)

__all__ = [
    "Admission",
    "AdmissionError",
    "Admitted",
    "FieldError",
    "FieldValidation",
    "Invalid",
    "NotTyped",
    "SchemaAdmission",
    "Undecodable",
    "UnknownFields",
]
