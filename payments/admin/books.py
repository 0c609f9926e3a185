"""The books: the statement of a period, the ledger, payouts, what Stripe's own books say."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import display

from payments import statement
from payments.forms import PeriodForm
from payments.models import Account, BalanceTransaction, LedgerEntry, Payout
from tenants.admin_sites import ReadOnlyMixin, staff_site
from tenants.current import current_tenant
from tenants.templatetags.business import local_date, money

KINDS = dict(LedgerEntry.Kind.choices)


@admin.register(LedgerEntry, site=staff_site)
class LedgerEntryAdmin(ReadOnlyMixin, ModelAdmin):
    """Every entry; its first page is the statement."""

    list_display = ("occurred_at", "kind", "description", "out_of", "into", "money")
    list_filter = ("kind", "currency", "occurred_at")
    search_fields = ("source_id", "description")
    list_display_links = None

    @display(description="Amount", ordering="amount")
    def money(self, entry: LedgerEntry) -> str:
        return money(entry.amount, entry.currency)

    @display(description="From")
    def out_of(self, entry: LedgerEntry) -> str:
        return Account(entry.credit).label

    @display(description="To")
    def into(self, entry: LedgerEntry) -> str:
        return Account(entry.debit).label

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.statement_view)
        return [
            path("statement/", view, name="payments_ledgerentry_statement"),
            *super().get_urls(),
        ]

    def statement_view(self, request: HttpRequest) -> HttpResponse:
        """A period's movements, as a page or as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = PeriodForm(request.GET or self._this_month())
        if not form.is_valid():
            return self._page(request, form, [])
        period = statement.Period(
            form.cleaned_data["first"], form.cleaned_data["last"], current_tenant().zone
        )
        if request.GET.get("format") == "csv":
            return _csv(period)
        return self._page(request, form, [_table(one) for one in statement.statements(period)])

    def _this_month(self) -> dict[str, date]:
        today = timezone.now().astimezone(current_tenant().zone).date()
        return {"first": today.replace(day=1), "last": today}

    def _page(
        self, request: HttpRequest, form: PeriodForm, tables: list[dict[str, Any]]
    ) -> HttpResponse:
        query = request.GET.copy()
        for name, value in form.data.items():
            query[name] = str(value)
        query["format"] = "csv"
        context = {
            **self.admin_site.each_context(request),
            "title": "Statement",
            "form": form,
            "tables": tables,
            "csv": f"?{query.urlencode()}",
        }
        status = 200 if form.is_valid() else 400
        return render(request, "payments/admin/statement.html", context, status=status)


def _csv(period: statement.Period) -> HttpResponse:
    name = f"statement-{period.first.isoformat()}-{period.last.isoformat()}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    statement.write_csv(period, response)
    return response


def _table(one: statement.Statement) -> dict[str, Any]:
    def shown(amount: int) -> str:
        return money(amount, one.currency)

    rows = [["Balance at Stripe at the start", shown(one.opening)]]
    rows += [[KINDS[kind], shown(amount)] for kind, amount in one.movements.items()]
    rows += [
        ["Balance at Stripe at the end", shown(one.closing)],
        ["Deposits not yet earned", shown(one.deposits_held)],
        ["Earned in this period, before fees", shown(one.earned)],
    ]
    return {"title": one.currency, "rows": rows}


@admin.register(Payout, site=staff_site)
class PayoutAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("created_at", "money", "status", "arrives", "matched", "stripe_payout_id")
    search_fields = ("stripe_payout_id",)
    fields = ("money", "status", "arrives", "matched", "contents", "stripe_payout_id", "created_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payout]:
        found: QuerySet[Payout] = super().get_queryset(request)
        return found.annotate(lines=Count("balance_transactions"))

    @display(description="Amount", ordering="amount")
    def money(self, payout: Payout) -> str:
        return money(payout.amount, payout.currency)

    @display(description="At the bank", ordering="arrives_on")
    def arrives(self, payout: Payout) -> str:
        return local_date(payout.arrives_on) if payout.arrives_on else "–"

    @display(description="Explained by")
    def matched(self, payout: Payout) -> str:
        if not payout.is_automatic:
            return "Paid out by hand: Stripe does not say what it contains"
        if payout.contained_amount is None:
            return "Not looked up yet"
        if payout.is_matched:
            lines = payout.lines  # type: ignore[attr-defined]
            return f"{lines} line{'s' * (lines != 1)} that add{'s' * (lines == 1)} up to it"
        return f"Lines that add up to {money(payout.contained_amount, payout.currency)} only"

    @display(description="Contents")
    def contents(self, payout: Payout) -> str:
        lines = payout.balance_transactions.order_by("created_at")
        rows = [
            (line.category.replace("_", " ").capitalize(), money(line.net, line.currency),
             line.source_id)
            for line in lines
        ]  # fmt: skip
        return format_html_join("", "<p>{}: {} ({})</p>", rows) or "–"


@admin.register(BalanceTransaction, site=staff_site)
class BalanceTransactionAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("created_at", "category", "gross", "fee_shown", "net_shown", "source_id")
    list_filter = ("category", "currency", "created_at")
    search_fields = ("stripe_balance_transaction_id", "source_id")

    @display(description="Gross", ordering="amount")
    def gross(self, line: BalanceTransaction) -> str:
        return money(line.amount, line.currency)

    @display(description="Fee", ordering="fee")
    def fee_shown(self, line: BalanceTransaction) -> str:
        return money(line.fee, line.currency)

    @display(description="Net", ordering="net")
    def net_shown(self, line: BalanceTransaction) -> str:
        return money(line.net, line.currency)
