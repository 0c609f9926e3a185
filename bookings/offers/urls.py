"""The customer's pages about vouchers, passes and memberships."""

from django.urls import path

from bookings.offers import membership_pages, pages

urlpatterns = [
    path("vouchers/", pages.vouchers, name="vouchers"),
    path("vouchers/<str:token>/", pages.voucher, name="voucher"),
    path("passes/", pages.passes, name="passes"),
    path("passes/<str:token>/", pages.customer_pass, name="pass"),
    path("memberships/", membership_pages.plans, name="memberships"),
    path("memberships/<str:token>/", membership_pages.membership, name="membership"),
    path("memberships/<str:token>/book/", membership_pages.book, name="membership-book"),
    path("memberships/<str:token>/card/", membership_pages.change_card, name="membership-card"),
    path("memberships/<str:token>/cancel/", membership_pages.cancel, name="membership-cancel"),
    path("memberships/<str:token>/keep/", membership_pages.keep, name="membership-keep"),
]
