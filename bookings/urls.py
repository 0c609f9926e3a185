"""The customer's pages."""

from django.urls import path

from bookings import (
    change_pages,
    choosing,
    held_change_pages,
    own_pages,
    pictures,
    views,
    waitlist_pages,
)
from bookings.messages import pages

urlpatterns = [
    path("", choosing.landing, name="landing"),
    path("book/<slug:slug>/", choosing.choose_time, name="choose-time"),
    path("book/<slug:slug>/details/", choosing.details, name="details"),
    path("service/<slug:slug>/picture", pictures.service_picture, name="service-picture"),
    path("booking/<str:token>/", views.booking_page, name="booking"),
    path("booking/<str:token>/calendar.ics", pages.calendar, name="calendar"),
    path("booking/<str:token>/pay/", views.pay, name="pay"),
    path("booking/<str:token>/return/", views.payment_return, name="payment-return"),
    path("booking/<str:token>/status/", views.payment_status, name="payment-status"),
    path("booking/<str:token>/unpaid/", views.unpaid, name="unpaid"),
    path("booking/<str:token>/give-up/", views.give_up, name="give-up"),
    path("booking/<str:token>/change/", change_pages.change_time, name="change-time"),
    path("booking/<str:token>/change/confirm/", change_pages.confirm_change, name="confirm-change"),
    path("booking/<str:token>/change/pay/", held_change_pages.pay, name="pay-change"),
    path("booking/<str:token>/change/return/", held_change_pages.paid, name="change-paid"),
    path("booking/<str:token>/change/unpaid/", held_change_pages.unpaid, name="change-unpaid"),
    path("booking/<str:token>/change/give-up/", held_change_pages.give_up, name="give-up-change"),
    path("booking/<str:token>/cancel/", own_pages.cancel, name="cancel-booking"),
    path("book/<slug:slug>/waitlist/", waitlist_pages.join, name="waitlist-join"),
    path("waitlist/<str:token>/", waitlist_pages.entry, name="waitlist-entry"),
    path("waitlist/<str:token>/accept/", waitlist_pages.accept, name="waitlist-accept"),
    path("waitlist/<str:token>/leave/", waitlist_pages.leave, name="waitlist-leave"),
    path("find/", views.find, name="find"),
]
