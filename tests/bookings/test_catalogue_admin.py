"""What staff can say about what they offer."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from access.models import User
from bookings.models import (
    AddOn,
    IntakeQuestion,
    Resource,
    Service,
    ServiceCategory,
    TableSet,
    TurnTime,
)
from tenants.models import Tenant
from tests.tenants.test_logo import png

pytestmark = pytest.mark.django_db

ADD = "/admin/bookings/service/add/"
INLINES = ("add_ons", "questions", "requirements", "turn_times")


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


def rows(prefix: str, *rows: dict[str, Any], stored: int = 0) -> dict[str, Any]:
    """Return what a browser sends for the rows of an inline."""
    sent: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": stored,
    }  # fmt: skip
    for number, row in enumerate(rows):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return sent


def service_form(**changes: Any) -> dict[str, Any]:
    inlines: dict[str, Any] = {}
    for prefix in INLINES:
        inlines |= rows(prefix)
    return {
        "name": "Haircut", "kind": "appointment", "category": "", "description": "",
        "duration_minutes": "45", "buffer_before_minutes": "0", "buffer_after_minutes": "0",
        "step_minutes": "", "price": "45.50", "deposit_kind": "amount", "deposit_amount": "10.00",
        "deposit_percent": "", "deposit_from_people": "1", "tax_rate": "20", "no_show_fee": "",
        "late_cancellation_fee": "", "free_cancellation_hours": "24", "late_refund_percent": "0",
        "no_refund_hours": "0", "consent_text": "", "resources": [Resource.objects.get().pk],
        "party_min": "1", "party_max": "1", "is_online": "on", "minimum_notice_minutes": "",
        "days_ahead": "", "is_active": "on", "position": "0", **inlines, **changes,
    }  # fmt: skip


def change(service: Service) -> str:
    return f"/admin/bookings/service/{service.pk}/change/"


def test_prices_are_typed_as_people_write_them(site: Client) -> None:
    assert site.post(ADD, service_form()).status_code == 302
    service = Service.objects.get()
    assert (service.price, service.deposit, service.resources.count()) == (4550, 1000, 1)
    page = site.get(change(service)).content.decode()
    assert 'value="45.50"' in page
    percent = service_form(deposit_kind="percent", deposit_percent="20", deposit_amount="")
    site.post(change(service), percent)
    service.refresh_from_db()
    assert (service.deposit_value, service.deposit) == (20, 910)


@pytest.mark.parametrize(
    ("kind", "deposit", "requires_card"), [("full", 4550, False), ("card", 0, True)]
)
def test_the_whole_price_or_a_card_needs_no_amount(
    site: Client, kind: str, deposit: int, requires_card: bool
) -> None:
    sent = service_form(deposit_kind=kind, deposit_amount="")
    assert site.post(ADD, sent).status_code == 302
    service = Service.objects.get()
    assert (service.deposit, service.requires_card) == (deposit, requires_card)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"price": "-1"}, "greater than or equal to 0"),
        ({"price": "1.005"}, "at most 2 decimals"),
        ({"price": "99999999"}, "not that much money"),
        ({"price": "x"}, "Enter a number"),
        ({"deposit_amount": "45.51"}, "more than the price"),
        ({"deposit_amount": ""}, "how much the deposit is"),
        ({"deposit_kind": "percent", "deposit_percent": "101"}, "less than or equal to 100"),
        ({"duration_minutes": "0"}, "greater than or equal to 5"),
        ({"duration_minutes": "1441"}, "less than or equal to 1440"),
        ({"name": ""}, "required"),
        ({"party_min": "4", "party_max": "2"}, "fewer people than"),
        ({"no_refund_hours": "25"}, "Nothing goes back from a later time"),
        ({"late_refund_percent": "101"}, "less than or equal to 100"),
        ({"kind": "table"}, "Alpha Salon is not a table"),
        ({"kind": "spaceship"}, "Select a valid choice"),
    ],
)
def test_a_bad_service_is_said_beside_its_field(
    site: Client, changes: dict[str, str], complaint: str
) -> None:
    response = site.post(ADD, service_form(**changes))
    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert not Service.objects.exists()


def test_extras_questions_and_turn_times_are_typed_with_the_service(site: Client) -> None:
    sent = service_form(
        **rows("add_ons", {"name": "Gloss", "minutes": "15", "price": "12.50", "position": "0",
                           "is_active": "on"}),
        **rows("questions", {"text": "Any allergies?", "kind": "text", "choices": "",
                             "is_required": "on", "position": "0"},
               {"text": "How long?", "kind": "choice", "choices": "Short\n\n Long \nShort",
                "position": "1"}),
        **rows("requirements", {"name": "Room", "resources": [Resource.objects.get().pk]}),
        **rows("turn_times", {"party_up_to": "2", "minutes": "90"}),
    )  # fmt: skip
    assert site.post(ADD, sent).status_code == 302
    service = Service.objects.get()
    assert list(service.add_ons.values_list("name", "minutes", "price")) == [("Gloss", 15, 1250)]
    assert list(service.questions.values_list("text", "choices", "is_required")) == [
        ("Any allergies?", "", True), ("How long?", "Short\nLong", False),
    ]  # fmt: skip
    assert service.requirements.get().resources.count() == 1
    assert TurnTime.objects.get().minutes == 90
    assert site.get(change(service)).status_code == 200


def test_a_question_with_one_answer_is_refused(site: Client) -> None:
    question = {"text": "How long?", "kind": "choice", "choices": "Short", "position": "0"}
    page = site.post(ADD, service_form(**rows("questions", question))).content.decode()
    assert "at least two answers" in page
    assert not IntakeQuestion.objects.exists()


def test_an_extra_for_less_than_nothing_is_refused(site: Client) -> None:
    extra = {"name": "Gloss", "minutes": "0", "price": "-1", "position": "0"}
    page = site.post(ADD, service_form(**rows("add_ons", extra))).content.decode()
    assert "greater than or equal to 0" in page
    assert not AddOn.objects.exists()


def test_the_consents_version_rises_with_its_text_alone(site: Client) -> None:
    site.post(ADD, service_form(consent_text="I have no allergies."))
    service = Service.objects.get()
    assert service.consent_version == 1
    site.post(change(service), service_form(consent_text="I have no allergies.", price="50.00"))
    service.refresh_from_db()
    assert (service.price, service.consent_version) == (5000, 1)
    site.post(change(service), service_form(consent_text="I am not allergic to colour."))
    service.refresh_from_db()
    assert service.consent_version == 2
    site.post(change(service), service_form(consent_text="Not this one.", price="x"))
    service.refresh_from_db()
    assert (service.consent_text, service.consent_version) == ("I am not allergic to colour.", 2)


def upload(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("cut.png", data, "image/png")


def test_a_picture_is_kept_for_ever_under_the_address_that_names_it(
    site: Client, in_alpha: Tenant
) -> None:
    site.post(ADD, service_form(new_picture=upload(png())))
    service = Service.objects.get()
    customer = Client(HTTP_HOST=in_alpha.hosts[0])
    answer = customer.get(service.picture_url)
    assert (answer["Content-Type"], answer.content) == ("image/png", png())
    assert "max-age=31536000" in answer["Cache-Control"]
    assert "immutable" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    again = customer.get(service.picture_url, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    bare = customer.get("/service/haircut/picture")
    assert "max-age=300" in bare["Cache-Control"]
    other = customer.get("/service/haircut/picture?v=0123456789abcdef")
    assert "max-age=300" in other["Cache-Control"]


def test_a_picture_can_be_replaced_and_removed(site: Client, in_alpha: Tenant) -> None:
    site.post(ADD, service_form(new_picture=upload(png())))
    service = Service.objects.get()
    first = service.picture_url
    site.post(change(service), service_form(new_picture=upload(png() + b"more")))
    service.refresh_from_db()
    assert service.picture_url != first
    assert service.picture_url in site.get(change(service)).content.decode()
    site.post(change(service), service_form(remove_picture="on"))
    service.refresh_from_db()
    assert (service.picture, service.picture_url) == (None, "")
    assert Client(HTTP_HOST=in_alpha.hosts[0]).get(first).status_code == 404


def test_another_businesss_picture_is_not_served(
    site: Client, in_alpha: Tenant, beta: Tenant
) -> None:
    site.post(ADD, service_form(new_picture=upload(png())))
    assert Client(HTTP_HOST=beta.hosts[0]).get("/service/haircut/picture").status_code == 404


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"<svg onload=alert(1)>", "PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 300_000, "larger than 256 KB"),
    ],
)
def test_what_is_no_picture_is_refused(site: Client, data: bytes, complaint: str) -> None:
    page = site.post(ADD, service_form(new_picture=upload(data))).content.decode()
    assert complaint in page
    assert not Service.objects.exists()


def test_services_are_put_under_headings(site: Client) -> None:
    site.post("/admin/bookings/servicecategory/add/", {"name": "Hair", "position": "1"})
    category = ServiceCategory.objects.get()
    site.post(ADD, service_form(category=category.pk))
    assert Service.objects.get().category == category
    site.post(f"/admin/bookings/servicecategory/{category.pk}/delete/", {"post": "yes"})
    assert Service.objects.get().category is None


def resource_form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Window", "kind": "table", "seats_min": "2", "seats_max": "4", "area": "Terrace",
        "is_active": "on", "position": "0", **changes,
    }  # fmt: skip


def test_seats_and_area_are_a_tables_own(site: Client) -> None:
    add = "/admin/bookings/resource/add/"
    site.post(add, resource_form())
    site.post(add, resource_form(name="Ann", kind="staff"))
    assert list(
        Resource.objects.exclude(kind="space").values_list("name", "seats_min", "seats_max", "area")
    ) == [("Window", 2, 4, "Terrace"), ("Ann", 1, 1, "")]
    page = site.post(add, resource_form(name="Round", seats_min="5")).content.decode()
    assert "fewer seats than" in page
    assert Resource.objects.count() == 3


def test_tables_are_joined_by_two_or_more(site: Client) -> None:
    first = Resource.objects.create(name="One", kind="table", seats_max=2)
    second = Resource.objects.create(name="Two", kind="table", seats_max=2)
    chair = Resource.objects.get(kind="space")
    add = "/admin/bookings/tableset/add/"
    form = {"name": "Both", "seats_min": "3", "seats_max": "4", "is_active": "on"}
    page = site.post(add, {**form, "tables": [first.pk]}).content.decode()
    assert "at least two tables" in page
    page = site.post(add, {**form, "tables": [first.pk, chair.pk]}).content.decode()
    assert "Select a valid choice" in page
    assert not TableSet.objects.exists()
    assert site.post(add, {**form, "tables": [first.pk, second.pk]}).status_code == 302
    assert TableSet.objects.get().tables.count() == 2
    assert "One + Two" in site.get("/admin/bookings/tableset/").content.decode()


def test_staff_look_at_the_catalogue_and_change_none_of_it(site: Client, in_alpha: Tenant) -> None:
    site.post(ADD, service_form())
    service = Service.objects.get()
    person = User.objects.create_user("p@alpha.example", "a-good-password", role="staff")
    staff = Client(HTTP_HOST=in_alpha.hosts[0])
    staff.force_login(person, backend="access.backends.RoleBackend")
    assert staff.get(change(service)).status_code == 200
    assert staff.post(change(service), service_form(price="1.00")).status_code == 403
    assert staff.get("/admin/bookings/bookingsettings/").status_code == 403
    service.refresh_from_db()
    assert service.price == 4550
