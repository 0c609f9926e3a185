"""A business goes into a file and comes out of it elsewhere, whole."""

import gzip
import io
import json
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from bookings.models import Booking, BookingLine, SentMessage
from events.models import WebhookEndpoint
from payments.models import StripeAccount
from tenants.connection import connection
from tenants.lifecycle import archive, exporting, importing, queue
from tenants.lifecycle.catalogue import tables_of
from tenants.lifecycle.exporting import fingerprints
from tenants.models import Domain, LifecycleEvent, Tenant
from tenants.provisioning import set_status
from tests.lifecycle.support import book, drop, key_file, run
from tests.support import JobRunner

pytestmark = pytest.mark.django_db(transaction=True)


def move(tmp_path: Path, *arguments: str, key: bool = True) -> Path:
    """Export the newcomer; return the file."""
    file = tmp_path / "newcomer.tar"
    run("export", "newcomer", str(file), *(("--key-file", key_file(tmp_path)) if key else ()))
    return file


def test_every_row_arrives_as_it_was(newcomer: Tenant, tmp_path: Path) -> None:
    before = fingerprints("newcomer")
    file = move(tmp_path)
    said = run("import", str(file), "--name", "elsewhere", "--key-file", key_file(tmp_path))
    assert "tenant resume elsewhere" in said
    assert fingerprints("elsewhere") == before
    assert len(before) > 40
    elsewhere = Tenant.objects.with_hosts().get(schema_name="elsewhere")
    with tenant_context(elsewhere):
        account = StripeAccount.objects.current()
        assert (account.secret_key, account.webhook_secret) == (
            "sk_test_newcomer", "whsec_newcomer",
        )  # fmt: skip
        assert WebhookEndpoint.objects.get().secret == "whsec_hook"
        assert Booking.objects.create(**_copy()).pk > Booking.objects.earliest("pk").pk
    assert (elsewhere.name, elsewhere.kind, elsewhere.contact_email) == (
        "Newcomer", "salon", "hi@newcomer.example",
    )  # fmt: skip


def _copy() -> dict[str, Any]:
    values = Booking.objects.values().earliest("pk")
    return values | {"id": None, "reference": "NEW", "access_token": "new"}


def test_no_secret_is_readable_in_the_file(newcomer: Tenant, tmp_path: Path) -> None:
    file = move(tmp_path)
    with tarfile.open(file) as tar:
        names = tar.getnames()
        for name in names:
            content = tar.extractfile(name)
            assert content is not None
            data = content.read()
            plain = gzip.decompress(data) if name.endswith(".gz") else data
            assert b"sk_test_newcomer" not in plain
            assert b"whsec_" not in plain
            assert b"gAAAAA" not in plain or name == "secrets"
    assert "secrets" in names
    assert file.stat().st_mode & 0o077 == 0


def test_without_secrets_it_is_said_what_to_enter_again(newcomer: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    run("export", "newcomer", str(file), "--without-secrets")
    said = run("import", str(file), "--name", "elsewhere")
    assert "Enter again: secret key of Stripe account." in said
    assert "Payments are off" in said
    assert "Made new" in said
    with tenant_context(Tenant.objects.with_hosts().get(schema_name="elsewhere")):
        account = StripeAccount.objects.current()
        assert (account.secret_key, account.payments_enabled) == ("", False)
        assert WebhookEndpoint.objects.get().secret.startswith("whsec_")
        assert WebhookEndpoint.objects.get().secret != "whsec_hook"


def test_a_wrong_or_missing_key_is_refused(newcomer: Tenant, tmp_path: Path) -> None:
    file = move(tmp_path)
    wrong = key_file(tmp_path, "another text of some length")
    with pytest.raises(CommandError, match="not the one"):
        run("import", str(file), "--name", "elsewhere", "--key-file", wrong)
    with pytest.raises(CommandError, match="give --key-file"):
        run("import", str(file), "--name", "elsewhere")
    assert not Tenant.objects.filter(schema_name="elsewhere").exists()


def test_another_platform_can_not_open_what_was_sealed_for_this_one(
    newcomer: Tenant, tmp_path: Path, settings: Any
) -> None:
    file = move(tmp_path, key=False)
    settings.FIELD_ENCRYPTION_KEYS = ["b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMzI="]
    with pytest.raises(CommandError, match="--key-file"):
        run("import", str(file), "--name", "elsewhere")
    assert "Enter again" in run("import", str(file), "--name", "elsewhere", "--without-secrets")


def test_it_arrives_parked_and_its_jobs_wait(
    newcomer: Tenant, tmp_path: Path, run_jobs: JobRunner, mailoutbox: list[Any]
) -> None:
    file = move(tmp_path)
    set_status(newcomer, Tenant.Status.PARKED)
    run("import", str(file), "--name", "elsewhere", "--key-file", key_file(tmp_path))
    elsewhere = Tenant.objects.with_hosts().get(schema_name="elsewhere")
    jobs = queue.waiting(elsewhere)
    assert [job["task_name"] for job in jobs] == ["bookings.deliver_message"]
    assert jobs[0]["args"]["schema"] == "elsewhere"
    for host in ("newcomer.localhost", "elsewhere.localhost"):
        client = Client(HTTP_HOST=host)
        assert client.get("/").status_code == 503
        assert client.post("/api/payments/webhook/stripe/").status_code == 503
    connection.set_schema_to_public()
    run_jobs()
    assert mailoutbox == []
    run("resume", "elsewhere")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE extensions.procrastinate_jobs SET scheduled_at = NULL")
    run_jobs()
    assert [mail.to for mail in mailoutbox] == [["ann@example.com"]]
    assert Client(HTTP_HOST="elsewhere.localhost").get("/").status_code == 200


TAMPERED = {
    "row": "has changed", "manifest": "manifest has changed", "extra": "holds",
    "missing": "is missing", "cut": "not an export|damaged", "format": "upgrade first",
    "newer": "bookings.9999_later", "column": "newer version: it says the business's motto",
    "unsaid": "does not say what “sequences” is", "link": "secrets is not a file",
}  # fmt: skip


def test_a_file_that_was_changed_is_refused(newcomer: Tenant, tmp_path: Path) -> None:
    file = move(tmp_path)
    for what, message in TAMPERED.items():
        changed = tmp_path / f"{what}.tar"
        changed.write_bytes(file.read_bytes())
        _tamper(changed, what)
        with pytest.raises(CommandError, match=message):
            run("import", str(changed), "--name", "elsewhere", "--key-file", key_file(tmp_path))
        assert not Tenant.objects.filter(schema_name="elsewhere").exists()


def _tamper(file: Path, what: str) -> None:
    if what == "cut":
        file.write_bytes(file.read_bytes()[:5000])
        return
    with tarfile.open(file) as tar:
        members = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]
    manifest = json.loads(members["manifest.json"])
    if what == "row":
        rows = gzip.decompress(members["tables/bookings_booking.gz"])
        members["tables/bookings_booking.gz"] = gzip.compress(rows.replace(b"Ann", b"Eve"))
    elif what == "manifest":
        manifest["tenant"]["name"] = "Mallory"
    elif what == "extra":
        members["../../etc/passwd"] = b""
    elif what == "missing":
        del members["jobs.gz"]
    elif what == "format":
        manifest["format"] = 2
    elif what == "newer":
        # As a newer version would have written it, so its seal would fit too.
        manifest["migrations"].append(["bookings", "9999_later"])
        manifest["secrets"] = "left out"
    elif what == "column":
        manifest["tenant"]["motto"] = "Cut!"
        manifest["secrets"] = "left out"
    elif what == "unsaid":
        del manifest["sequences"]
    members["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(file, "w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            if what == "link" and name == "secrets":
                member.type, member.linkname, data = tarfile.SYMTYPE, "/etc/passwd", b""
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def test_a_name_that_is_taken_is_refused(newcomer: Tenant, tmp_path: Path) -> None:
    file = move(tmp_path)
    with pytest.raises(CommandError, match=r"^--name: A business has this address already"):
        run("import", str(file), "--key-file", key_file(tmp_path))
    with pytest.raises(CommandError, match="leads to another"):
        run(
            "import", str(file), "--name", "elsewhere", "--domain", "alpha.localhost",
            "--key-file", key_file(tmp_path),
        )  # fmt: skip
    assert Tenant.objects.filter(schema_name="newcomer").count() == 1
    assert not Tenant.objects.filter(schema_name="elsewhere").exists()


def test_what_a_killed_import_leaves_is_named(newcomer: Tenant, tmp_path: Path) -> None:
    file = move(tmp_path)
    Tenant.objects.create(schema_name="elsewhere", name="Half", status="provisioning")
    with pytest.raises(CommandError, match="tenant discard elsewhere"):
        run("import", str(file), "--name", "elsewhere", "--key-file", key_file(tmp_path))
    run("discard", "elsewhere")
    run("import", str(file), "--name", "elsewhere", "--key-file", key_file(tmp_path))


def test_an_import_that_fails_half_way_leaves_nothing(
    newcomer: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = move(tmp_path)

    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "write_secrets", fail)
    with pytest.raises(KeyboardInterrupt):
        run("import", str(file), "--name", "elsewhere", "--key-file", key_file(tmp_path))
    assert not Tenant.objects.filter(schema_name="elsewhere").exists()
    assert not Domain.objects.filter(domain__startswith="elsewhere").exists()
    assert tables_of("elsewhere") == []


def test_a_failed_export_leaves_no_file(
    newcomer: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(exporting, "sequences_of", fail)
    with pytest.raises(CommandError, match=r"newcomer.tar can't be written: disk full"):
        move(tmp_path, key=False)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_export_leaves_goes_with_the_next(newcomer: Tenant, tmp_path: Path) -> None:
    left = tmp_path / f"{archive.UNFINISHED}left"
    left.mkdir()
    (left / "0.gz").write_bytes(b"Ann")
    with archive.ArchiveWriter(tmp_path / "other.tar") as under_way:
        assert not left.exists()
        file = move(tmp_path, key=False)
        with under_way.add("part") as part:
            part.write(b"still there")
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_can_not_be_written_to_is_named(newcomer: Tenant) -> None:
    """Nobody, root included, can make a file there."""
    with pytest.raises(CommandError, match=r"/proc/newcomer.tar can't be written: "):
        run("export", "newcomer", "/proc/newcomer.tar")


def test_own_domains_and_the_businesses_identity_move_along(
    newcomer: Tenant, tmp_path: Path
) -> None:
    Domain.objects.filter(tenant=newcomer).update(is_primary=False)
    Domain.objects.create(tenant=newcomer, domain="book.newcomer.example", is_primary=True)
    uuid = newcomer.uuid
    file = move(tmp_path)
    drop("newcomer")
    run("import", str(file), "--name", "elsewhere", "--key-file", key_file(tmp_path))
    moved = Tenant.objects.with_hosts().get(schema_name="elsewhere")
    assert (moved.uuid, moved.names) == (uuid, ("elsewhere", "newcomer"))
    assert moved.hosts == ("book.newcomer.example", "elsewhere.localhost")
    assert LifecycleEvent.objects.filter(kind="imported", schema_name="elsewhere").exists()


def test_an_older_file_is_brought_to_the_present_version(newcomer: Tenant, tmp_path: Path) -> None:
    """A file as the version before `payments.0010` would have written it."""
    call_command(
        "migrate_schemas", "payments", "0009", tenant=True, schema_name="newcomer", verbosity=0
    )
    connection.set_schema_to_public()
    file = move(tmp_path)
    said = run("import", str(file), "--name", "elsewhere", "--key-file", key_file(tmp_path))
    assert "is here" in said
    columns = {one.name: one.columns for one in tables_of("elsewhere")}
    assert columns == {one.name: one.columns for one in tables_of("alpha")}
    with tenant_context(Tenant.objects.with_hosts().get(schema_name="elsewhere")):
        assert StripeAccount.objects.current().secret_key == "sk_test_newcomer"


def test_an_export_is_of_one_moment(newcomer: Tenant, tmp_path: Path) -> None:
    """What is committed while the tables are being read is wholly in the file, or not at all."""
    reading, go_on = threading.Event(), threading.Event()
    copy_rows = exporting.copy_rows

    def slowly(schema: str, table: Any, out: Any) -> int:
        if table.name == "bookings_bookingline":
            reading.set()
            assert go_on.wait(30)
        return copy_rows(schema, table, out)

    def write() -> None:
        try:
            assert reading.wait(30)
            with tenant_context(newcomer), transaction.atomic():
                booking = book(at=timezone.now())
                booking.lines.create(position=1, name="Cut", amount=10)
        finally:
            go_on.set()
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    exporting.copy_rows = slowly
    try:
        file = move(tmp_path)
    finally:
        exporting.copy_rows = copy_rows
        writer.join()
    run("import", str(file), "--name", "elsewhere", "--key-file", key_file(tmp_path))
    with tenant_context(Tenant.objects.with_hosts().get(schema_name="elsewhere")):
        assert (Booking.objects.count(), SentMessage.objects.count()) == (1, 1)
        assert BookingLine.objects.count() == 0
