"""Read Stripe's form encoding: ``line_items[0][price_data][currency]=gbp``."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from sandbox.errors import StripeError

KEY = re.compile(r"[^\[\]]+|\[([^\[\]]*)\]")
Params = dict[str, Any]


def parse(encoded: str) -> Params:
    """Return the nested params in a body or query; raises StripeError for bad nesting."""
    return nest(parse_qsl(encoded, keep_blank_values=True, max_num_fields=2000))


def nest(pairs: Iterable[tuple[str, str]]) -> Params:
    root: Params = {}
    for key, value in pairs:
        parts = [part.strip("[]") for part in (match.group() for match in KEY.finditer(key))]
        if not parts:
            raise StripeError("Invalid parameter name")
        _put(root, parts, value)
    return {key: _lists(value) for key, value in root.items()}


def _put(target: Params, parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        inner = target.setdefault(part, {})
        if not isinstance(inner, dict):
            raise StripeError(f"Invalid parameter: {part}")
        target = inner
    name = parts[-1] or str(len(target))
    target[name] = value


def _lists(value: Any) -> Any:
    """Turn {"0": a, "1": b} into [a, b], at every depth."""
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(inner) for key, inner in value.items()}
