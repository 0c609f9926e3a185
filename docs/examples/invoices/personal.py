"""What invoices hold on customers."""

from django.db.models import QuerySet

from docs.examples.invoices.models import Invoice
from tenants.personal import Person, declare


def billed_to(person: Person) -> QuerySet[Invoice]:
    return Invoice.objects.filter(customer_email__iexact=person.email)


declare(
    Invoice, title="Invoices", rows=billed_to, erase={"customer_email": ""},
    keep="id number amount currency tax_rate paid_at",
)  # fmt: skip
