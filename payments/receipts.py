"""A receipt: what it has to say by law, in the business's language, on paper and by e-mail."""

from dataclasses import dataclass

from notifications import formats
from notifications.texts import in_language, locale_for
from payments.models import PaymentSession, Transaction
from payments.models.payment import included_tax
from payments.texts import LANGUAGES
from tenants.current import current_tenant
from tenants.models import Tenant

Labels = dict[str, str]


@dataclass(frozen=True)
class Receipt:
    """What there is to say about a payment; every text is ready to be read."""

    #: The language of the labels, "de".
    language: str
    number: str
    what: str
    paid_at: str
    amount: str
    #: (label, amount) of what the amount is made of; empty where no tax is in it.
    parts: list[tuple[str, str]]
    #: What has gone back so far; empty if nothing has.
    refunded: str
    #: The business's name, address and so on, line by line.
    business: list[str]
    link: str

    @property
    def labels(self) -> Labels:
        return LANGUAGES[self.language].RECEIPT

    @property
    def text(self) -> str:
        """Return the receipt as it stands in an e-mail."""
        labels = self.labels
        rows = [
            (labels["title"], self.number), (labels["paid_at"], self.paid_at),
            (labels["what"], self.what), *self.parts, (labels["total"], self.amount),
        ]  # fmt: skip
        return _as_text(rows, self.business, self.language)


def receipt_of(session: PaymentSession, locale: str) -> Receipt:
    """Return the receipt of a payment that was made, written for `locale`."""
    return written(session, receipt_number(session), session.amount_refunded, locale)


def written(session: PaymentSession, number: str, amount_refunded: int, locale: str) -> Receipt:
    """Return the receipt called `number`, of which so many minor units have gone back."""
    labels, currency = in_language(LANGUAGES, locale).RECEIPT, session.currency
    return Receipt(
        language=locale_for(LANGUAGES, locale).split("-")[0],
        number=number,
        what=session.description,
        paid_at=formats.day_and_clock(session.succeeded_at or session.created_at, locale),
        amount=formats.amount(session.amount, currency, locale),
        parts=_parts(session, labels, locale),
        refunded=formats.amount(amount_refunded, currency, locale) if amount_refunded else "",
        business=_business_lines(labels),
        link=f"{current_tenant().url}/receipt/{session.pk}/{session.access_token}/",
    )


def refund_text(receipt: Receipt, session: PaymentSession, amount: int, locale: str) -> str:
    """Return what an e-mail says of `amount` minor units that go back, and of the tax in it."""
    labels = receipt.labels
    refunded = formats.amount(amount, session.currency, locale)
    tax = included_tax(amount, session.tax_rate)
    if tax:
        of_it = formats.amount(tax, session.currency, locale)
        including = f"{labels['including']} {_tax_and_rate(session, labels, locale)}"
        refunded += f", {formats.labelled(including, of_it, receipt.language)}"
    rows = [
        (labels["what"], receipt.what), (labels["title"], receipt.number),
        (labels["paid"], receipt.amount), (labels["refunded"], refunded),
    ]  # fmt: skip
    return _as_text(rows, receipt.business, receipt.language)


def receipt_number(session: PaymentSession) -> str:
    """Return a number that is unique in the business: the year and the payment's own number."""
    paid = Transaction.objects.get(payment_session=session)
    when = (session.succeeded_at or session.created_at).astimezone(current_tenant().zone)
    return f"{when.year}-{paid.pk:06d}"


def _parts(session: PaymentSession, labels: Labels, locale: str) -> list[tuple[str, str]]:
    tax = session.tax_amount
    if not tax:
        return []
    before = formats.amount(session.amount - tax, session.currency, locale)
    return [
        (labels["before_tax"].format(tax=_tax_name(labels)), before),
        (_tax_and_rate(session, labels, locale), formats.amount(tax, session.currency, locale)),
    ]


def _tax_and_rate(session: PaymentSession, labels: Labels, locale: str) -> str:
    return f"{_tax_name(labels)} {formats.percent(session.tax_rate, locale)}"


def _tax_name(labels: Labels) -> str:
    """Return the business's name for its tax; that in the labels' language if it chose none."""
    chosen = current_tenant().tax_name
    is_untouched = chosen in ("", Tenant._meta.get_field("tax_name").default)
    return labels["tax"] if is_untouched else chosen


def _business_lines(labels: Labels) -> list[str]:
    tenant = current_tenant()
    label = labels["tax_number"].format(tax=_tax_name(labels))
    lines = [
        tenant.legal_name or tenant.name, tenant.address,
        f"{label} {tenant.tax_number}" if tenant.tax_number else "",
        tenant.contact_phone, tenant.contact_email,
    ]  # fmt: skip
    return [line for line in lines if line]


def _as_text(rows: list[tuple[str, str]], business: list[str], language: str) -> str:
    lines = [formats.labelled(label, value, language) for label, value in rows]
    return "\n".join([*lines, "", *business])
