"""What a business holds on one of its customers: shown to them, and erased on their wish.

Each app says in its module ``personal`` of every field whether it is personal. A field that no
app has spoken of stops the erasure, so that a new column can't be forgotten.
"""

from tenants.personal.declarations import (
    ERASED,
    Holding,
    NotAnAddress,
    Person,
    UnknownColumns,
    declare,
    declared,
    undeclared_fields,
)
from tenants.personal.erasing import ErasureRefused, erase
from tenants.personal.showing import everything_on, package

__all__ = [
    "ERASED",
    "ErasureRefused",
    "Holding",
    "NotAnAddress",
    "Person",
    "UnknownColumns",
    "declare",
    "declared",
    "erase",
    "everything_on",
    "package",
    "undeclared_fields",
]
