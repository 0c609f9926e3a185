"""Lists that name a service leave the bytes of its picture in the database."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest


class WithoutPictures:
    """Put it before ModelAdmin where `list_select_related` names the service."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows.defer("service__picture")
