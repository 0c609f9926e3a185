"""Pages on which staff do something with one row: a question first, then what it does."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from access.actors import staff_actor
from bookings.errors import BookingError
from payments.services import PaymentError
from tenants.admin_sites import form_page, staff_site


class ActingAdmin(ModelAdmin):
    """`acts` names the pages; the method ``<name>_view(request, item_id)`` answers for each."""

    acts: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:item_id>/{name}/",
                self.admin_site.admin_view(getattr(self, f"{name}_view")),
                name=f"bookings_{self.opts.model_name}_{name}",
            )
            for name in self.acts
        ]
        return [*own, *super().get_urls()]

    def act(
        self,
        request: HttpRequest,
        item: Any,
        form: forms.Form,
        do: Callable[..., object],
        done: str,
        **page: Any,
    ) -> HttpResponse:
        """Show `form`; once it is sent and good, `do` it with `item` and say `done`."""
        if not request.user.has_perm(f"bookings.change_{self.opts.model_name}"):
            raise PermissionDenied
        back = reverse(f"staff:bookings_{self.opts.model_name}_change", args=[item.pk])
        if request.method == "POST" and form.is_valid():
            try:
                do(item, **form.cleaned_data, actor=staff_actor(request))
                messages.success(request, done)
            except (BookingError, PaymentError) as error:
                messages.error(request, str(error))
            return redirect(back)
        return form_page(staff_site, request, form, back=back, **page)
