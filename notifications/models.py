"""A business's own words."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from notifications.kinds import KINDS, LONGEST_NAME
from notifications.language import TemplateProblem, check, require


class MessageTemplate(models.Model):
    """A business's own words for one kind of message; an empty text is the standard one."""

    kind = models.CharField(max_length=LONGEST_NAME, unique=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(max_length=5000, blank=True)
    sms = models.TextField("text message", max_length=600, blank=True)
    is_active = models.BooleanField(
        default=True, help_text="Off: the standard text is sent instead."
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["MessageTemplate"]] = models.Manager()

    class Meta:
        # The app that had it first.
        db_table = "bookings_messagetemplate"
        ordering = ["kind"]
        verbose_name = "message"

    def __str__(self) -> str:
        return KINDS[self.kind].title if self.kind in KINDS else self.kind

    def clean(self) -> None:
        """Refuse a text that could not be sent; the error names what is wrong in it."""
        if self.kind not in KINDS:
            raise ValidationError({"kind": f"There is no message called “{self.kind}”."})
        kind, problems = KINDS[self.kind], {}
        for name in ("subject", "body", "sms"):
            try:
                check(getattr(self, name), kind.placeholders)
                if name == "body" and self.body:
                    require(self.body, kind.placeholders, kind.required)
            except TemplateProblem as problem:
                problems[name] = str(problem)
        if problems:
            raise ValidationError(problems)
