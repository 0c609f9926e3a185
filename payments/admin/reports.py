"""What each comparison with Stripe's books did and found."""

from django.contrib import admin
from django.utils.html import format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import display

from payments.models import ReconciliationReport
from tenants.admin_sites import ReadOnlyMixin, staff_site
from tenants.templatetags.business import local_time


@admin.register(ReconciliationReport, site=staff_site)
class ReconciliationReportAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("started", "outcome", "done")
    fields = ("started", "looked_back", "mode", "done", "found")
    readonly_fields = fields

    @display(description="When", ordering="started_at")
    def started(self, report: ReconciliationReport) -> str:
        return local_time(report.started_at)

    @display(description="Looked back to")
    def looked_back(self, report: ReconciliationReport) -> str:
        return local_time(report.since)

    @display(description="Mode")
    def mode(self, report: ReconciliationReport) -> str:
        return "Live" if report.livemode else "Test"

    @display(description="Result", label={"ok": "success", "problem": "danger"})
    def outcome(self, report: ReconciliationReport) -> tuple[str, str]:
        if report.is_clean:
            return "ok", "All agrees"
        count = len(report.problems)
        return "problem", f"{count} problem{'s' if count > 1 else ''}"

    @display(description="Done")
    def done(self, report: ReconciliationReport) -> str:
        return ", ".join(report.counted) or "Nothing was left to do"

    @display(description="Problems")
    def found(self, report: ReconciliationReport) -> str:
        rows = [(sentence,) for sentence in report.problems.values()]
        return format_html_join("", "<p>{}</p>", rows) or "None: the books agree with Stripe's."
