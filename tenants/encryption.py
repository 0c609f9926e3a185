"""Secrets at rest: encrypted by MultiFernet and bound to the business they belong to.

The schema's name is part of what is encrypted, so a ciphertext copied into another business's
row is refused there. A wrong key raises; it never yields the ciphertext as if it were the value.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models

from tenants.current import current_schema

SEPARATOR = "\x1f"


class DecryptionError(RuntimeError):
    """A stored secret can't be read with FIELD_ENCRYPTION_KEYS, or is another business's."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(value: str, schema: str) -> str:
    """Return `value` encrypted under the newest key, for `schema` only."""
    plaintext = f"{schema}{SEPARATOR}{value}".encode()
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(plaintext).decode()


def decrypt(ciphertext: str, schema: str) -> str:
    """Return what `encrypt` was given; raises DecryptionError for a wrong key or schema."""
    return _decrypt(ciphertext, schema, tuple(settings.FIELD_ENCRYPTION_KEYS))


# A business's secrets are read with each webhook; what was changed has another ciphertext.
@lru_cache(maxsize=4096)
def _decrypt(ciphertext: str, schema: str, keys: tuple[str, ...]) -> str:
    try:
        plaintext = _cipher(keys).decrypt(ciphertext.encode())
    except InvalidToken:
        raise DecryptionError(
            "A stored secret can't be decrypted: FIELD_ENCRYPTION_KEYS lacks the key it was "
            "encrypted with."
        ) from None
    owner, _, value = plaintext.decode().partition(SEPARATOR)
    if owner != schema:
        raise DecryptionError("A stored secret belongs to another business.")
    return value


def is_under_newest_key(ciphertext: str) -> bool:
    """Was `ciphertext` made with the first of FIELD_ENCRYPTION_KEYS?"""
    try:
        Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(ciphertext.encode())
    except InvalidToken:
        return False
    return True


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that only this business can read back; the empty string stays empty."""

    description = "Encrypted text"

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(str(value), current_schema()) if value else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return decrypt(value, connection.schema_name) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """A ciphertext differs each time, so nothing but "is it null?" can be asked of it."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedTextField]]:
    """Yield every model and the field of it that holds secrets."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field
