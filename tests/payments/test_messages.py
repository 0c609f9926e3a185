"""E-mails about money: in the business's language, and in its own words."""

from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django_tenants.utils import schema_context

from access.actors import SYSTEM
from access.models import User
from notifications.models import MessageTemplate
from payments.models import Dispute, PaymentSession
from payments.requests import request_payment
from payments.services import refund_payment
from tenants.models import Tenant
from tests.payments.builders import payment
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

ANN = {"email": "ann@example.com", "name": "Ann"}


def change_business(tenant: Tenant, **values: Any) -> None:
    """Change what jobs and requests, which look the business up themselves, see of it."""
    with schema_context("public"):
        Tenant.objects.filter(pk=tenant.pk).update(**values)
    for name, value in values.items():
        setattr(tenant, name, value)


@pytest.fixture
def german(in_alpha: Tenant) -> Tenant:
    change_business(
        in_alpha, locale="de", currency="EUR", name="Salon Müller", address="Hauptstr. 1, Köln",
        legal_name="Müller GmbH", tax_number="DE123456789",
    )  # fmt: skip
    return in_alpha


@pytest.fixture
def paid(pay: Any, stripe: Control) -> Any:
    """Pay 119.00 with 19 per cent tax in it, as Ann."""
    from payments.services import CustomerDetails

    def make(currency: str = "EUR") -> PaymentSession:
        session: PaymentSession = pay(
            11900, currency=currency, description="Haarschnitt", tax_rate=Decimal(19),
            customer=CustomerDetails(ANN["email"], ANN["name"]),
        )  # fmt: skip
        return session

    return make


def test_a_german_receipt(german: Tenant, paid: Any, run_jobs: JobRunner, client_of: Any) -> None:
    session = paid()
    run_jobs()
    [letter] = mail.outbox
    assert letter.to == ["ann@example.com"]
    assert letter.from_email.startswith('"Salon Müller"')
    assert letter.subject == "Quittung: 119,00 € an Salon Müller"
    lines = letter.body.splitlines()
    assert lines[:2] == ["Vielen Dank für Ihre Zahlung.", ""]
    assert lines[2].startswith("Quittung: 20")
    assert lines[3].startswith("Bezahlt: ")
    assert lines[3].endswith(" Uhr")
    assert lines[4:12] == [
        "Für: Haarschnitt", "Netto: 100,00\xa0€", "MwSt. 19\xa0%: 19,00\xa0€",
        "Gesamt: 119,00\xa0€", "", "Müller GmbH", "Hauptstr. 1, Köln", "Steuernummer DE123456789",
    ]  # fmt: skip
    page = f"/receipt/{session.pk}/{session.access_token}/"
    assert lines[13] == f"Zum Ausdrucken: {german.url}{page}"
    shown = client_of(german).get(page).content.decode()
    assert '<h1 lang="de">Quittung 20' in shown
    for text in ("Quittung 20", "Netto", "MwSt. 19\xa0%", "Bezahlt", "119,00\xa0€", "Steuernummer"):
        assert text in shown, text
    for text in ("Receipt", "Before", "Paid", "number"):
        assert text not in shown, text


def test_a_german_refund_note(german: Tenant, paid: Any, run_jobs: JobRunner) -> None:
    session = paid()
    refund_payment(payment_session_id=str(session.pk), amount=5950, actor=SYSTEM)
    run_jobs()
    note = mail.outbox[-1]
    assert note.subject == "Erstattung: 59,50 € von Salon Müller"
    assert (
        "Bezahlt: 119,00\xa0€\nErstattet: 59,50\xa0€, darin MwSt. 19\xa0%: 9,50\xa0€\n" in note.body
    )


def test_a_german_payment_link(german: Tenant, stripe: Control, run_jobs: JobRunner) -> None:
    asked = request_payment(
        payable_type="request", payable_id="1", amount=11900, currency="EUR",
        description="Brautfrisur", customer_email="eva@example.com", customer_name="Eva",
        message="Wie besprochen.",
    )  # fmt: skip
    run_jobs()
    [letter] = mail.outbox
    assert letter.subject == "Bitte bezahlen Sie 119,00 €: Brautfrisur"
    assert letter.body.startswith(
        "Guten Tag Eva,\n\nSalon Müller bittet Sie um die Zahlung von 119,00\xa0€ für: "
        "Brautfrisur\n\nWie besprochen.\n\nHier bezahlen, bis "
    )
    assert f" Uhr:\n{german.url}/pay/{asked.token}/\n\nSalon Müller\n" in letter.body


@pytest.mark.parametrize(
    ("tax_name", "said"),
    [("USt.", "USt. 7,7\xa0%: "), ("VAT", "MwSt. 7,7\xa0%: "), ("", "MwSt. 7,7\xa0%")],
)
def test_the_tax_has_the_name_that_the_business_gave_it(
    german: Tenant, paid: Any, run_jobs: JobRunner, tax_name: str, said: str
) -> None:
    change_business(german, tax_name=tax_name)
    PaymentSession.objects.filter(pk=paid().pk).update(tax_rate=Decimal("7.70"))
    run_jobs()
    assert said in mail.outbox[0].body


def test_no_tax_in_it_no_word_of_it(german: Tenant, paid: Any, run_jobs: JobRunner) -> None:
    PaymentSession.objects.filter(pk=paid().pk).update(tax_rate=0)
    run_jobs()
    assert "Für: Haarschnitt\nGesamt: 119,00\xa0€\n" in mail.outbox[0].body
    assert "MwSt." not in mail.outbox[0].body


@pytest.mark.parametrize(
    ("locale", "figures"),
    [
        (
            "fr",
            "Montant HT\xa0: 100,00\xa0€\nTVA 19\xa0%\xa0: 19,00\xa0€\nTotal\xa0: 119,00\xa0€\n",
        ),
        ("es", "Base imponible: 100,00\xa0€\nIVA 19\xa0%: 19,00\xa0€\nTotal: 119,00\xa0€\n"),
        ("it", "Imponibile: 100,00\xa0€\nIVA 19%: 19,00\xa0€\nTotale: 119,00\xa0€\n"),
        ("nl", "Exclusief btw: €\xa0100,00\nbtw 19%: €\xa019,00\nTotaal: €\xa0119,00\n"),
    ],
)
def test_a_receipt_calls_the_tax_as_the_country_does(
    german: Tenant, paid: Any, run_jobs: JobRunner, locale: str, figures: str
) -> None:
    change_business(german, locale=locale)
    paid()
    run_jobs()
    assert figures in mail.outbox[0].body


# --- The business's own words ---


def test_the_receipt_is_sent_in_the_businesss_own_words(
    in_alpha: Tenant, owner: User, client_of: Any, paid: Any, run_jobs: JobRunner
) -> None:
    site: Client = client_of(in_alpha)
    site.force_login(owner, backend="access.backends.RoleBackend")
    path = "/admin/notifications/messagetemplate/receipt/text/"
    own = {
        "subject": "Cheers, {{ customer_name }}", "is_active": "on", "action": "save",
        "body": "Lovely to see you for your {{ description }}.\n\n{{ receipt }}",
    }  # fmt: skip
    assert site.post(path, own).status_code == 302
    paid("GBP")
    run_jobs()
    [letter] = mail.outbox
    assert letter.subject == "Cheers, Ann"
    assert letter.body.startswith("Lovely to see you for your Haarschnitt.\n\nReceipt: 20")
    assert letter.body.endswith("Total: £119.00\n\nAlpha Salon")


def test_what_a_customer_is_called_is_never_read_as_a_template(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    MessageTemplate.objects.create(kind="payment_link", body="{{ customer_name }} {{ link }}")
    request_payment(
        payable_type="request", payable_id="1", amount=100, description="x",
        customer_email="eve@example.com", customer_name="{{ message }}", message="secret",
    )  # fmt: skip
    run_jobs()
    assert mail.outbox[0].body.startswith("{{ message }} http")


# --- Disputes ---


def test_a_german_business_is_told_of_a_dispute_in_german(german: Tenant, owner: User) -> None:
    from payments.dispute_mail import send_dispute

    dispute = Dispute.objects.create(
        stripe_dispute_id="dp_1", amount=11900, currency="EUR", reason="product_not_received",
        status="needs_response", payment_session=payment(description="Haarschnitt"),
    )  # fmt: skip
    send_dispute(dispute.pk, "needs_response")
    [letter] = mail.outbox
    assert letter.to == [owner.email]
    assert letter.subject == "Zahlung angefochten: 119,00 €, Nachweise nötig"
    assert letter.body == (
        "Die Bank eines Kunden ficht eine Zahlung an Salon Müller an.\n\n"
        "Zahlung: Haarschnitt\nBetrag: 119,00\xa0€\nGrund: Leistung nicht erhalten\n"
        f"Stand: Nachweise nötig\n\n{german.url}/admin/payments/dispute/{dispute.pk}/change/\n"
    )
