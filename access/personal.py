"""Staff, keys and sign-ins: nothing on customers, but for what they typed at the sign-in."""

from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from access.models import APIKey, User
from tenants.personal import ERASED, Person, declare

declare(User, keep="id password last_login email name role is_active created_at")
declare(APIKey, keep="id prefix hashed_key created name revoked expiry_date scope")
declare(ContentType, keep="id app_label model")
declare("sessions.Session", keep="session_key session_data expire_date")
declare("axes.AccessAttemptExpiration", keep="access_attempt expires_at")


def noted_by_staff(person: Person) -> QuerySet[LogEntry]:
    """What staff did by hand with anything of the person's: its name may be the person's."""
    wanted = Q(pk=None)
    for label, keys in person.subjects.items():
        app, model = label.split(".")
        wanted |= Q(
            content_type__app_label=app,
            content_type__model=model,
            object_id__in=[str(key) for key in keys],
        )
    return LogEntry.objects.filter(wanted)


declare(
    LogEntry, title="Changes by staff", rows=noted_by_staff, follows=True,
    erase={"object_repr": ERASED, "change_message": ""},
    keep="id action_time user content_type object_id action_flag",
)  # fmt: skip

_SIGN_IN = "id user_agent ip_address username http_accept path_info attempt_time"


def _tried_by(label: str) -> None:
    model = apps.get_model(label)

    def rows(person: Person) -> QuerySet[Any]:
        found: QuerySet[Any] = model._base_manager.filter(username__iexact=person.email)
        return found

    declare(
        model, title="Attempts to sign in", rows=rows, is_deleted=True,
        keep=f"{_SIGN_IN} {_MORE[label]}",
    )  # fmt: skip


_MORE = {
    "axes.AccessAttempt": "get_data post_data failures_since_start",
    "axes.AccessLog": "logout_time session_hash",
    "axes.AccessFailureLog": "locked_out",
}
for _label in _MORE:
    _tried_by(_label)
