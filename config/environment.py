"""Read settings from the environment and stop, naming the variable, when one is unusable.

django-environ parses; the functions here add what it leaves out: an unknown truth value, a
malformed URL or a bad key is refused instead of becoming a default.
"""

import base64
import binascii
import importlib.util
import os
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}

env = environ.Env()


def load_file(default: Path) -> None:
    """Load ``ENV_FILE``, or `default` where it exists; variables already set win."""
    named = os.environ.get("ENV_FILE")
    if named and not Path(named).is_file():
        raise ImproperlyConfigured(f"ENV_FILE names {named}, which is not a file.")
    path = Path(named) if named else default
    if path.is_file():
        environ.Env.read_env(path)


def required(name: str, hint: str) -> str:
    """Return the variable `name`; raise ImproperlyConfigured with `hint` when it is missing."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def boolean(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def integer(name: str, *, default: int, least: int = 0) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if number < least:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least}, not {value!r}.")
    return number


def choice(name: str, choices: list[str], *, default: str) -> str:
    value = os.environ.get(name, "").strip() or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, not {value!r}.")
    return value


def words(name: str) -> list[str]:
    """Return the comma-separated values of `name`, without blanks."""
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def app_names(name: str) -> list[str]:
    """Return the Django apps that `name` lists; raises ImproperlyConfigured for a missing one."""
    found = words(name)
    for app in found:
        try:
            is_there = importlib.util.find_spec(app) is not None
        except (ImportError, ValueError):
            is_there = False
        if not is_there:
            raise ImproperlyConfigured(f"{name} names “{app}”, which can't be imported.")
    return found


def http_url(name: str, value: str) -> SplitResult:
    """Return `value` split, if it is an http(s) origin without a path; `name` is for the error."""
    try:
        url = urlsplit(value)
        url.port  # noqa: B018 - raises ValueError for a port that is no number
    except ValueError:
        url = SplitResult("", "", "", "", "")
    if url.scheme not in ("http", "https") or not url.hostname or url.path not in ("", "/"):
        raise ImproperlyConfigured(
            f"{name} must be an address such as https://example.com, not {value!r}."
        )
    return url


def database(name: str) -> dict[str, object]:
    """Return Django's settings for the PostgreSQL server that `name` points to."""
    value = required(
        name, "Give a PostgreSQL address such as postgres://user:password@host:5432/tillhouse."
    )
    if value.split(":", 1)[0] not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            f"{name} must start with postgres://, Tillhouse needs PostgreSQL."
        )
    try:
        config = dict(env.db_url_config(value, engine="tenants.postgresql"))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a valid database address.") from error
    if not config.get("NAME"):
        raise ImproperlyConfigured(f"{name} names no database: end it with /tillhouse.")
    # A Unix socket's directory is written percent-encoded in place of the host.
    config["HOST"] = unquote(str(config.get("HOST") or ""))
    return config


def email(name: str, *, default: str) -> dict[str, object]:
    try:
        return dict(env.email_url_config(os.environ.get(name, default)))
    except (KeyError, ValueError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(
            f"{name} must be an address such as smtp+tls://user:password@host:587 or consolemail://."
        ) from error


def fernet_keys(name: str, *, fallback: str | None) -> list[str]:
    """Return the encryption keys in `name`, newest first; each is 32 bytes in URL-safe base64."""
    keys = words(name) or ([fallback] if fallback else [])
    if not keys:
        raise ImproperlyConfigured(
            f"{name} is not set. Make a key with: python -c "
            '"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        )
    for key in keys:
        try:
            decoded = base64.urlsafe_b64decode(key)
        except (binascii.Error, ValueError):
            decoded = b""
        if len(decoded) != 32:
            raise ImproperlyConfigured(f"{name} holds a value that is not a Fernet key.")
    return keys
