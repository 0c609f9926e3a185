from django.urls import path

from bookings.offers.api import codes, memberships, passes, vouchers

urlpatterns = [
    path("codes/check/", codes.CheckView.as_view(), name="codes-check"),
    path("passes/", passes.PassesView.as_view(), name="passes-api"),
    path("passes/types/", passes.PassTypesView.as_view(), name="passes-types"),
    path("passes/<int:pass_id>/", passes.PassView.as_view(), name="passes-detail"),
    path("vouchers/", vouchers.VouchersView.as_view(), name="vouchers-api"),
    path("vouchers/rules/", vouchers.VoucherRulesView.as_view(), name="vouchers-rules"),
    path("vouchers/<int:voucher_id>/", vouchers.VoucherView.as_view(), name="vouchers-detail"),
    path("memberships/", memberships.MembershipsView.as_view(), name="memberships-api"),
    path("memberships/plans/", memberships.PlansView.as_view(), name="memberships-plans"),
    path(
        "memberships/<int:membership_id>/",
        memberships.MembershipView.as_view(),
        name="memberships-detail",
    ),
    path(
        "memberships/<int:membership_id>/cancel/",
        memberships.CancelView.as_view(),
        name="memberships-cancel",
    ),
    path(
        "memberships/<int:membership_id>/keep/",
        memberships.KeepView.as_view(),
        name="memberships-keep",
    ),
]
