"""Read an API body, refusing what would break later with someone else's exception."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = "The body is larger than 1 MB."
    default_code = "body_too_large"


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


class StrictJSONParser(BaseParser):
    """A JSON object in UTF-8, of at most 1 MB, whatever content type it is called.

    Refuses NaN and infinities, nesting too deep to read, and text that PostgreSQL can't store:
    NUL and lone surrogates.
    """

    media_type = "*/*"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge()
        try:
            data = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
            json.dumps(data, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise ParseError("Invalid JSON") from None
        if not isinstance(data, dict):
            raise ParseError("Invalid JSON: the body must be an object")
        if b"\\u0000" in body or b"\x00" in body:
            _refuse_nul(data)
        return data


def _refuse_nul(data: dict[str, Any]) -> None:
    for name, value in data.items():
        if "\\u0000" in json.dumps([name, value]):
            raise ParseError(f"{name[:60]!r}: remove the NUL character")
