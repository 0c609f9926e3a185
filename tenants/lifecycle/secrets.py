"""How a business's secrets travel in its export: encrypted apart from the rest, or not at all.

What is encrypted says which manifest it belongs to, so a file with secrets can't be changed by
anybody who lacks the key.
"""

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.conf import settings

from tenants.connection import connection
from tenants.encryption import decrypt, encrypt, encrypted_fields
from tenants.lifecycle.archive import ArchiveError
from tenants.lifecycle.catalogue import secret_columns, tables_of

PLATFORM, KEY_FILE, LEFT_OUT = "platform", "key-file", "left out"
SHORTEST_KEY = 16


@dataclass(frozen=True)
class Secret:
    """One secret in plain text, and the row it belongs to."""

    table: str
    column: str
    key: str
    value: str


@dataclass(frozen=True)
class Seal:
    """With what the secrets of one file are encrypted."""

    kind: str
    cipher: MultiFernet | None
    salt: str = ""

    def close(self, manifest: bytes, secrets: list[Secret]) -> bytes | None:
        """Return the secrets, encrypted and tied to `manifest`."""
        if self.cipher is None:
            return None
        content = {
            "manifest": hashlib.sha256(manifest).hexdigest(),
            "secrets": [vars(secret) for secret in secrets],
        }
        return self.cipher.encrypt(json.dumps(content).encode())

    def open(self, manifest: bytes, sealed: bytes | None) -> list[Secret]:
        """Return what `close` was given; raises ArchiveError for a wrong key or manifest."""
        if self.cipher is None:
            return []
        try:
            content = json.loads(self.cipher.decrypt(sealed or b""))
        except InvalidToken:
            raise ArchiveError(WRONG_KEY[self.kind]) from None
        if content["manifest"] != hashlib.sha256(manifest).hexdigest():
            raise ArchiveError("The file has been tampered with: its manifest has changed.")
        return [Secret(**secret) for secret in content["secrets"]]


WRONG_KEY = {
    PLATFORM: (
        "The file's secrets are for the platform that made it, or were changed. Export again with "
        "--key-file, or import with --without-secrets and enter them again."
    ),
    KEY_FILE: "The key file is not the one that the export was made with, or secrets were changed.",
}


def new_seal(key_file: Path | None, *, without_secrets: bool = False) -> Seal:
    """Return the seal of a new file: under a key file, or else under the platform's own keys."""
    if without_secrets:
        return Seal(LEFT_OUT, None)
    if key_file is None:
        return Seal(PLATFORM, _platform_cipher())
    salt = os.urandom(16)
    return Seal(KEY_FILE, _cipher_of(key_file, salt), salt.hex())


def seal_of(manifest: dict[str, Any], key_file: Path | None, *, without_secrets: bool) -> Seal:
    """Return the seal with which the secrets of an existing file are opened."""
    kind = manifest["secrets"]
    if without_secrets or kind == LEFT_OUT:
        return Seal(LEFT_OUT, None)
    if kind == PLATFORM:
        return Seal(PLATFORM, _platform_cipher())
    if key_file is None:
        raise ArchiveError(
            "The file's secrets are encrypted: give --key-file, or --without-secrets to enter them "
            "again later."
        )
    return Seal(KEY_FILE, _cipher_of(key_file, bytes.fromhex(manifest["salt"])))


def _platform_cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


def _cipher_of(key_file: Path, salt: bytes) -> MultiFernet:
    """Derive a key from what is in a file: any text of some length (RFC 7914's scrypt)."""
    try:
        text = key_file.read_bytes().strip()
    except OSError:
        raise ArchiveError(f"--key-file: {key_file} can't be read.") from None
    if len(text) < SHORTEST_KEY:
        raise ArchiveError(f"--key-file: give at least {SHORTEST_KEY} random characters.")
    derived = Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(text)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derived))])


def read_secrets(schema: str) -> list[Secret]:
    """Return every secret of a business in plain text."""
    found = []
    for table, key, column in _places(schema):
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT "{key}"::text, "{column}" FROM "{schema}"."{table}" '  # noqa: S608
                f"WHERE \"{column}\" <> '' ORDER BY 1"
            )
            for row, secret in cursor.fetchall():
                found.append(Secret(table, column, row, decrypt(secret, schema)))
    return found


def write_secrets(schema: str, secrets: list[Secret]) -> None:
    """Store secrets, bound to `schema`."""
    places = {(table, column): key for table, key, column in _places(schema)}
    with connection.cursor() as cursor:
        for secret in secrets:
            key = places.get((secret.table, secret.column))
            if key is None:
                raise ArchiveError(f"{secret.table}.{secret.column} holds no secrets here.")
            cursor.execute(
                f'UPDATE "{schema}"."{secret.table}" SET "{secret.column}" = %s '  # noqa: S608
                f'WHERE "{key}"::text = %s',
                [encrypt(secret.value, schema), secret.key],
            )


def rebind_secrets(schema: str, *, old: str) -> None:
    """Bind the secrets in `schema`, encrypted when it was called `old`, to its present name.

    Its tables are locked by the caller, so that no secret comes in bound to the old name.
    """
    with connection.cursor() as cursor:
        for table, key, column in _places(schema):
            cursor.execute(
                f'SELECT "{key}", "{column}" FROM "{schema}"."{table}" '  # noqa: S608
                f"WHERE \"{column}\" <> ''"
            )
            for row, secret in cursor.fetchall():
                cursor.execute(
                    f'UPDATE "{schema}"."{table}" SET "{column}" = %s '  # noqa: S608
                    f'WHERE "{key}" = %s',
                    [encrypt(decrypt(secret, old), schema), row],
                )


def fill_missing(schema: str) -> list[str]:
    """Give secrets that were left out a new value where they have one by default.

    Returns sentences that say what must be entered again, or told to others.
    """
    sentences = []
    places = {(table, column): key for table, key, column in _places(schema)}
    for model, field in encrypted_fields():
        table, column = model._meta.db_table, str(field.column)
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT "{places[table, column]}" FROM "{schema}"."{table}" '  # noqa: S608
                f"WHERE \"{column}\" = ''"
            )
            rows = cursor.fetchall()
            if not rows:
                continue
            what = f"{field.verbose_name} of {model._meta.verbose_name}"
            if not field.has_default():
                sentences.append(f"Enter again: {what}.")
                continue
            for (row,) in rows:
                cursor.execute(
                    f'UPDATE "{schema}"."{table}" SET "{column}" = %s '  # noqa: S608
                    f'WHERE "{places[table, column]}" = %s',
                    [encrypt(field.get_default(), schema), row],
                )
            sentences.append(f"Made new, tell whoever uses it: {what} ({len(rows)}).")
    return sentences


def _places(schema: str) -> list[tuple[str, str, str]]:
    """Return (table, primary key, column) of all that is encrypted in a business."""
    columns = secret_columns()
    return [
        (table.name, table.key[0], column)
        for table in tables_of(schema)
        for column in columns.get(table.name, ())
    ]
