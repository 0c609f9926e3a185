"""What is booked: people, rooms, tables, and tables pushed together."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from bookings.catalogue_forms import ResourceForm, TableSetForm
from bookings.models import Resource, TableSet
from tenants.admin_sites import staff_site


@admin.register(Resource, site=staff_site)
class ResourceAdmin(ModelAdmin):
    form = ResourceForm
    list_display = ("name", "kind", "seats", "area", "is_active", "position")
    list_filter = ("kind", "is_active")
    search_fields = ("name",)

    @display(description="Seats", ordering="seats_max")
    def seats(self, resource: Resource) -> str:
        if resource.kind != Resource.Kind.TABLE:
            return "–"
        return _seats(resource.seats_min, resource.seats_max)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Resources are switched off: bookings speak of them."""
        return False


@admin.register(TableSet, site=staff_site)
class TableSetAdmin(ModelAdmin):
    form = TableSetForm
    list_display = ("name", "made_of", "seats", "is_active")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TableSet]:
        queryset: QuerySet[TableSet] = super().get_queryset(request)
        return queryset.prefetch_related("tables")

    @display(description="Tables")
    def made_of(self, tables: TableSet) -> str:
        return " + ".join(table.name for table in tables.tables.all())

    @display(description="Seats", ordering="seats_max")
    def seats(self, tables: TableSet) -> str:
        return _seats(tables.seats_min, tables.seats_max)


def _seats(fewest: int, most: int) -> str:
    return str(most) if fewest == most else f"{fewest} to {most}"
