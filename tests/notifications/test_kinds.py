"""Every kind of message: its standard texts in each language, its preview, where it is edited."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django_tenants.utils import tenant_context

from access.models import User
from notifications.formats import amount
from notifications.kinds import BUSINESS, KINDS, Group, Kind, Text, grouped, register
from notifications.language import check, require
from notifications.models import MessageTemplate
from notifications.preview import preview
from tenants.models import LOCALES, Tenant

pytestmark = pytest.mark.django_db

LIST = "/admin/notifications/messagetemplate/"


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


# --- The standard texts ---


def test_every_kind_has_good_texts_in_every_language() -> None:
    for kind in KINDS.values():
        assert set(kind.texts) == {code.split("-")[0] for code, _ in LOCALES}, kind.name
        for text in kind.texts.values():
            for part in (text.subject, text.body, text.sms):
                check(part, kind.placeholders)
            require(text.body, kind.placeholders, kind.required)
            assert text.subject
            assert bool(text.sms) == kind.has_sms


def test_every_sample_says_all_that_there_is_to_say(in_alpha: Tenant) -> None:
    for kind in KINDS.values():
        sample = kind.sample("en-gb")
        assert set(kind.says) <= set(sample), kind.name
        assert not set(kind.says) & set(BUSINESS), kind.name


GERMAN = {
    "receipt": (
        "Quittung: 119,00 € an Beta Gym",
        "Vielen Dank für Ihre Zahlung.\n\nQuittung: 2027-000042\n"
        "Bezahlt: Dienstag, 2. Februar 2027, 13:00 Uhr\nFür: Haarschnitt\nNetto: 100,00\xa0€\n"
        "MwSt. 19\xa0%: 19,00\xa0€\nGesamt: 119,00\xa0€\n\nBeta Gym\n",
    ),
    "refund": (
        "Erstattung: 59,50 € von Beta Gym",
        "Wir haben Ihnen 59,50\xa0€ Ihrer Zahlung erstattet, auf demselben Weg, auf dem Sie "
        "bezahlt haben. Bis das Geld bei Ihnen ist, dauert es bei den meisten Banken fünf bis zehn "
        "Tage.\n\nFür: Haarschnitt\nQuittung: 2027-000042\nBezahlt: 119,00\xa0€\n"
        "Erstattet: 59,50\xa0€, darin MwSt. 19\xa0%: 9,50\xa0€\n\nBeta Gym\n",
    ),
    "payment_link": (
        "Bitte bezahlen Sie 119,00 €: Haarschnitt",
        "Guten Tag Ada Byron,\n\nBeta Gym bittet Sie um die Zahlung von 119,00\xa0€ für: "
        "Haarschnitt\n\nHier bezahlen, bis Dienstag, 9. Februar 2027, 13:00 Uhr:\n"
        "http://beta.localhost:8000/pay/sample/\n\nBeta Gym\n",
    ),
    "voucher": (
        "Ada Byron schenkt Ihnen einen Gutschein für Beta Gym",
        "Guten Tag Grace Hopper,\n\nAda Byron schenkt Ihnen einen Gutschein für Beta Gym.\n\n"
        "  50,00\xa0€\n  Code 7K2M-PXQ4-9ABC\n"
        "  Gültig bis Mittwoch, 2. Februar 2028, 13:00 Uhr\n\nAlles Gute zum Geburtstag!\n\n"
        "Geben Sie den Code bei der Buchung ein: http://beta.localhost:8000/\n"
        "Guthaben ansehen: http://beta.localhost:8000/vouchers/sample/\n",
    ),
    "voucher_bought": (
        "Ihr Geschenkgutschein ist unterwegs",
        "Guten Tag Ada Byron,\n\nvielen Dank. Wir haben Ihren Geschenkgutschein über 50,00\xa0€ an "
        "grace@example.com geschickt.\n\n"
        "Ansehen oder drucken: http://beta.localhost:8000/vouchers/sample/\n",
    ),
    "pass": (
        "Ihre Mehrfachkarte: Zehnerkarte",
        "Guten Tag Ada Byron,\n\nhier ist Ihre Mehrfachkarte für Beta Gym.\n\n  Zehnerkarte\n"
        "  Code 7K2M-PXQ4-9ABC\n"
        "  Gültig für 10 Termine, bis Mittwoch, 2. Februar 2028, 13:00 Uhr\n\n"
        "Geben Sie den Code bei der Buchung ein, mit dieser E-Mail-Adresse: "
        "http://beta.localhost:8000/\n"
        "Guthaben ansehen: http://beta.localhost:8000/passes/sample/\n",
    ),
    "membership_welcome": (
        "Willkommen: Acht Kurse im Monat",
        "Guten Tag Ada Byron,\n\nwillkommen bei Beta Gym.\n\n  Acht Kurse im Monat\n"
        "  Code 7K2M-PXQ4-9ABC\n  60,00\xa0€ pro Monat\n  Zurzeit gültig für 8 Termine\n"
        "  Verlängert sich am Donnerstag, 4. März 2027, 13:00 Uhr\n\n"
        "Buchen, Guthaben ansehen, Karte ändern oder kündigen: "
        "http://beta.localhost:8000/memberships/sample/\n"
        "Behalten Sie diesen Link für sich: Wer ihn hat, kann Ihre Mitgliedschaft nutzen.\n",
    ),
    "membership_unpaid": (
        "Ihre Zahlung für Acht Kurse im Monat ist fehlgeschlagen",
        "Guten Tag Ada Byron,\n\nwir konnten 60,00\xa0€ für Ihre Mitgliedschaft „Acht Kurse im "
        "Monat“ nicht abbuchen: Ihre Bank hat die Zahlung abgelehnt.\n\n"
        "Bitte geben Sie eine andere Karte an, das dauert nur eine Minute: "
        "http://beta.localhost:8000/memberships/sample/\n\n"
        "Ihr Guthaben für den neuen Zeitraum erhalten Sie, sobald die Zahlung eingegangen ist.\n",
    ),
    "membership_cancelled": (
        "Gekündigt: Acht Kurse im Monat",
        "Guten Tag Ada Byron,\n\nIhre Mitgliedschaft „Acht Kurse im Monat“ ist gekündigt. Es wird "
        "nichts mehr abgebucht, und Sie können sie bis Donnerstag, 4. März 2027, 13:00 Uhr, "
        "nutzen.\n\nAnders überlegt? Bis dahin können Sie sie noch behalten: "
        "http://beta.localhost:8000/memberships/sample/\n",
    ),
    "membership_ended": (
        "Ihre Mitgliedschaft ist beendet: Acht Kurse im Monat",
        "Guten Tag Ada Byron,\n\nIhre Mitgliedschaft „Acht Kurse im Monat“ ist beendet, und es "
        "wird nichts mehr abgebucht.\n\n"
        "Ihr restliches Guthaben: http://beta.localhost:8000/memberships/sample/\n",
    ),
    "waiting": (
        "Auf der Warteliste: Haarschnitt",
        "Guten Tag Ada Byron,\n\nSie stehen auf der Warteliste von Beta Gym. Sobald ein Platz frei "
        "wird, schreiben wir Ihnen.\n\n  Haarschnitt\n"
        "  Mittwoch, 3. Februar 2027 – Freitag, 5. Februar 2027\n  2 Personen\n\n"
        "Warteliste ansehen oder verlassen: http://beta.localhost:8000/waitlist/sample/\n",
    ),
    "series": (
        "Bitte um Anzahlung: Haarschnitt, alle 2 Wochen",
        "Guten Tag Ada Byron,\n\nIhre Buchungen bei Beta Gym sind bestätigt: Haarschnitt, alle 2 "
        "Wochen.\n\n"
        "  Mittwoch, 3. Februar 2027, 10:00 Uhr, Buchungsnummer ABCD2345\n"
        "  http://beta.localhost:8000/booking/sample/\n\n"
        "  Mittwoch, 17. Februar 2027, 10:00 Uhr, Buchungsnummer ABCD2345\n"
        "  http://beta.localhost:8000/booking/sample/\n\n"
        "Diese Termine warten noch auf Ihre Anzahlung. Jeder gehört Ihnen, sobald seine Anzahlung "
        "bezahlt ist.\n\n"
        "  Mittwoch, 3. März 2027, 10:00 Uhr, Buchungsnummer ABCD2345\n"
        "  10,00\xa0€, für Sie frei gehalten bis Dienstag, 2. Februar 2027, 22:00 Uhr\n"
        "  Hier bezahlen: http://beta.localhost:8000/booking/sample/\n",
    ),
    "series_cancelled": (
        "Storniert: Haarschnitt, alle 2 Wochen",
        "Guten Tag Ada Byron,\n\ndiese Buchungen bei Beta Gym sind storniert:\n\nHaarschnitt\n\n"
        "  Mittwoch, 3. Februar 2027, 10:00 Uhr, Buchungsnummer ABCD2345\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GERMAN)
def test_a_german_business_previews_german(beta: Tenant, name: str) -> None:
    subject, body = GERMAN[name]
    with tenant_context(beta), time_machine.travel(datetime(2027, 2, 2, 12, tzinfo=UTC)):
        shown = preview(KINDS[name], MessageTemplate(kind=name))
    assert shown.subject == subject
    assert shown.body.startswith(body)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("receipt", "two kinds of message called receipt"),
        ("a_very_long_name_of_a_kind", "more than 20 characters"),
    ],
)
def test_a_name_that_is_taken_or_too_long_is_refused(name: str, complaint: str) -> None:
    before = dict(KINDS)
    other = Kind(
        name, "Another", Group(1, "Mine"), says={}, texts={"en": Text("a", "b")},
        sample=lambda locale: {},
    )  # fmt: skip
    with pytest.raises(ValueError, match=complaint):
        register([other])
    assert before == KINDS


def test_a_kind_without_the_businesss_language_is_english_throughout(in_alpha: Tenant) -> None:
    in_alpha.locale = "fr"
    kind = Kind(
        "tip", "Tip", Group(1, "Mine"), says={"total": "how much"},
        texts={"en": Text("A tip", "{{ total }}")},
        sample=lambda locale: {"total": amount(450, "GBP", locale)},
    )  # fmt: skip
    assert preview(kind, MessageTemplate(kind="tip")) == Text("A tip", "£4.50")


# --- Where they are edited ---


def test_all_kinds_are_listed_in_groups(site: Client) -> None:
    groups = site.get(LIST).context["groups"]
    assert [title for title, _ in groups] == [
        "Bookings", "Payments", "Vouchers, passes and memberships", "Waitlist",
    ]  # fmt: skip
    listed = [kind.name for _, kinds in groups for kind, _ in kinds]
    assert sorted(listed) == sorted(KINDS)
    assert [title for title, _ in grouped()] == [title for title, _ in groups]


def test_every_message_can_be_opened_with_its_preview(site: Client) -> None:
    page = site.get(LIST).content.decode()
    for name in KINDS:
        address = f"{LIST}{name}/text/"
        assert f'href="{address}"' in page
        response = site.get(address)
        shown = response.context["preview"]
        assert shown.subject
        assert "{" not in shown.subject + shown.body + shown.sms
        for needed in response.context["required"]:
            assert f"The text has to say <strong>{needed}</strong>" in response.content.decode()
    assert site.get(f"{LIST}nothing/text/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "body", "named"),
    [
        ("receipt", "Thank you.", "{{ receipt }}"),
        ("receipt", "{% if customer_name %}{{ receipt }}{% endif %}", "{{ receipt }}"),
        ("refund", "Your money is on its way: {{ amount }}", "{{ refund }}"),
        ("payment_link", "Please pay {{ amount }}.", "{{ link }}"),
        ("voucher", "A voucher of {{ amount }}", "{{ code }} or {{ link }}"),
        ("pass", "Your pass {{ pass }}", "{{ code }} or {{ link }}"),
        ("membership_unpaid", "Please pay.", "{{ link }}"),
        ("waiting", "You wait.", "{{ link }}"),
        ("series", "{{ dates }}", "{{ dates_to_pay }}"),
        ("series_cancelled", "Cancelled.", "{{ dates }}"),
        ("pay_deposit", "Please pay {{ deposit }}.", "{{ link }}"),
        ("receipt", "{{ recepit }}", "There is no placeholder {{ recepit }}."),
    ],
)
def test_a_text_without_what_it_has_to_say_is_not_saved(
    site: Client, kind: str, body: str, named: str
) -> None:
    form = {"subject": "Hello", "body": body, "sms": "", "is_active": "on", "action": "save"}
    response = site.post(f"{LIST}{kind}/text/", form)
    assert response.status_code == 400
    [complaint] = response.context["form"].errors["body"]
    assert named in complaint
    assert not MessageTemplate.objects.exists()
