"""The rules of booking that hold for the whole business."""

from django.contrib import admin

from bookings.admin.one_form import OneFormAdmin
from bookings.hours_forms import BookingRulesForm
from bookings.models import BookingSettings
from tenants.admin_sites import staff_site


@admin.register(BookingSettings, site=staff_site)
class BookingSettingsAdmin(OneFormAdmin):
    page_title = "Booking rules"
    intro = "They hold for every service that does not say otherwise."
    form_class = BookingRulesForm
