"""The operator's pages: add a business, change it, switch it off and on."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from tenants import (
    deletion_page,  # noqa: F401 - registers its page
    sharding_health,
)
from tenants.admin_sites import ReadOnlyMixin, form_page, operator_site
from tenants.fleet import versions
from tenants.forms import BusinessForm, NewBusinessForm
from tenants.models import (
    Domain,
    LifecycleEvent,
    Notice,
    SchemaVersion,
    Tenant,
    TenantQuerySet,
)
from tenants.provisioning import provision, set_status

BEHIND_SHOWN = 20
STATUS_COLOURS = {
    Tenant.Status.ACTIVE: "success",
    Tenant.Status.SUSPENDED: "danger",
    Tenant.Status.PROVISIONING: "warning",
    Tenant.Status.PARKED: "warning",
    Tenant.Status.DELETING: "danger",
}


class DomainInline(TabularInline):
    model = Domain
    extra = 0
    fields = ("domain", "is_primary")
    # A business without a host could not be reached.
    can_delete = False


@admin.register(Tenant, site=operator_site)
class TenantAdmin(ModelAdmin):
    form = BusinessForm
    inlines = [DomainInline]
    list_display = ("name", "address_link", "kind", "status_badge", "time_zone", "currency")
    list_filter = ("status", "kind", "currency")
    search_fields = ("name", "schema_name", "domains__domain")
    readonly_fields = (
        "schema_name", "currency", "status", "delete_after", "pages", "migrations", "created_at"
    )  # fmt: skip
    fields = (
        "name", "status", "delete_after", "pages", "kind", "time_zone", "locale", "currency",
        "contact_email", "contact_phone", "address", "legal_name", "tax_name", "tax_number",
        "brand_colour", "new_logo", "remove_logo", "request_share",
        "schema_name", "migrations", "created_at",
    )  # fmt: skip
    actions = ["suspend", "resume"]

    def get_queryset(self, request: HttpRequest) -> TenantQuerySet:
        found: TenantQuerySet = super().get_queryset(request)
        return found.with_hosts()

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        return False

    @display(description="Address")
    def address_link(self, tenant: Tenant) -> str:
        if not tenant.hosts:
            return "–"
        return format_html('<a href="{0}/">{1}</a>', tenant.url, tenant.hosts[0])

    @display(description="Status", label=STATUS_COLOURS)
    def status_badge(self, tenant: Tenant) -> tuple[str, str]:
        return tenant.status, tenant.get_status_display()

    @display(description="Migrations")
    def migrations(self, tenant: Tenant) -> str:
        return schema_state(SchemaVersion.objects.filter(pk=tenant.schema_name).first())

    @display(description="More about it")
    def pages(self, tenant: Tenant) -> str:
        links = [*operator_site.pages_of(tenant.pk), ("Customer's pages", f"{tenant.url}/")]
        return format_html_join(" · ", '<a class="underline" href="{1}">{0}</a>', links)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Build the business outside the admin's own transaction, which would hide a failure."""
        form = NewBusinessForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                provisioned = provision(**form.cleaned_data)
            except ValidationError as error:
                form.take_errors(error)
            else:
                self.log_addition(request, provisioned.tenant, "Created")
                messages.success(request, f"{provisioned.tenant.name} is open.")
                for sentence in provisioned.next_steps:
                    messages.info(request, sentence)
                return redirect("operator:tenants_tenant_change", provisioned.tenant.pk)
        return form_page(
            operator_site,
            request,
            form,
            title="Add a business",
            button="Create the business",
            back="/admin/tenants/tenant/",
        )

    @action(description="Suspend: their pages answer “not taking bookings”")
    def suspend(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        self._switch(request, queryset, [Tenant.Status.ACTIVE], Tenant.Status.SUSPENDED)

    @action(description="Resume")
    def resume(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        closed = [Tenant.Status.SUSPENDED, Tenant.Status.PARKED]
        self._switch(request, queryset, closed, Tenant.Status.ACTIVE)

    def _switch(
        self, request: HttpRequest, queryset: QuerySet[Tenant], before: Sequence[str], after: str
    ) -> None:
        for tenant in queryset.filter(status__in=before):
            set_status(tenant, after)
            self.log_change(request, tenant, f"Now {after}")
            messages.success(request, f"{tenant.name} is now {after}.")


@admin.register(LifecycleEvent, site=operator_site)
class LifecycleEventAdmin(ReadOnlyMixin, ModelAdmin):
    """What was done with whole businesses, those that are gone included."""

    list_display = ("created_at", "schema_name", "kind", "actor")
    list_filter = ("kind",)
    search_fields = ("schema_name", "actor")
    fields = ("created_at", "kind", "schema_name", "tenant_uuid", "actor", "details")


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the platform's figures and its newest businesses to the index page."""
    counts = dict(
        Tenant.objects.order_by()
        .values_list("status")
        .annotate(Count("id"))
        .values_list("status", "id__count")
    )
    newest = Tenant.objects.with_hosts().order_by("-created_at")[:10]
    context["figures"] = [(label, counts.get(status, 0)) for status, label in Tenant.Status.choices]
    context["alerts"] = [
        (problem, "/admin/tenants/tenant/") for problem in sharding_health.problems()
    ]
    context["tables"] = [
        _needing_attention(),
        _behind(),
        {
            "title": "Newest businesses",
            "empty": "There is no business yet.",
            "data": {
                "headers": ["Name", "Address", "Kind", "Status"],
                "rows": [
                    [
                        format_html('<a href="/admin/tenants/tenant/{}/">{}</a>', one.pk, one.name),
                        format_html('<a href="{0}/">{0}</a>', one.url),
                        one.get_kind_display(),
                        one.get_status_display(),
                    ]
                    for one in newest
                ],
            },
        },
    ]
    return context


def _needing_attention() -> dict[str, Any]:
    """What is wrong with which business, the oldest first."""
    notices = Notice.objects.select_related("tenant")[:50]
    rows = [
        [
            format_html(
                '<a href="/admin/tenants/tenant/{}/">{}</a>', notice.tenant_id, notice.tenant.name
            ),
            notice.text,
            f"{notice.since:%Y-%m-%d %H:%M} UTC",
        ]
        for notice in notices
    ]
    return {
        "title": "Needs attention",
        "empty": "Every business's payments agree with Stripe.",
        "data": {"headers": ["Business", "What", "Since"], "rows": rows},
    }


def _behind() -> dict[str, Any]:
    """Whose schema lacks migrations that this code has, those that failed first."""
    tenants = versions.behind()
    known = SchemaVersion.objects.in_bulk(list(tenants.values_list("schema_name", flat=True)))
    listed = [(tenant, known.get(tenant.schema_name)) for tenant in tenants.defer("logo")]
    listed.sort(key=lambda pair: not (pair[1] and pair[1].error))
    rows = [
        [
            format_html('<a href="/admin/tenants/tenant/{}/">{}</a>', tenant.pk, tenant.name),
            f"Failed {version.failed_at:%d %b %H:%M}" if version and version.error else "Waiting",
            version.error if version else "",
        ]
        for tenant, version in listed[:BEHIND_SHOWN]
    ]
    more = f" ({len(listed)}, the first {BEHIND_SHOWN})" if len(listed) > BEHIND_SHOWN else ""
    return {
        "title": f"Waiting for this version's migrations{more}",
        "empty": "Every business has them.",
        "data": {"headers": ["Business", "State", "Why"], "rows": rows},
    }


def schema_state(version: SchemaVersion | None) -> str:
    """Say in a sentence how far a business's schema has been migrated."""
    if version is not None and version.digest == versions.of_code():
        return f"Up to date since {version.migrated_at:%Y-%m-%d %H:%M} UTC"
    if version is not None and version.error:
        return f"Failed on {version.failed_at:%Y-%m-%d %H:%M} UTC: {version.error}"
    return "Waiting for “manage.py fleet migrate”"


operator_site.index_template = "admin/dashboard.html"
