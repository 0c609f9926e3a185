from django.urls import path

from bookings import api

urlpatterns = [
    path("", api.BookingsView.as_view(), name="bookings-create"),
    path("<int:booking_id>/", api.BookingView.as_view(), name="bookings-detail"),
    path(
        "<int:booking_id>/confirm-payment/",
        api.ConfirmPaymentView.as_view(),
        name="bookings-confirm-payment",
    ),
    path(
        "<int:booking_id>/payment-success/",
        api.PaymentSuccessView.as_view(),
        name="bookings-payment-success",
    ),
    path(
        "<int:booking_id>/payment-cancel/",
        api.PaymentCancelView.as_view(),
        name="bookings-payment-cancel",
    ),
]
