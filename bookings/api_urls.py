from django.urls import path

from bookings import api, api_availability

urlpatterns = [
    path("", api.BookingsView.as_view(), name="bookings-create"),
    path("services/", api_availability.ServicesView.as_view(), name="bookings-services"),
    path(
        "availability/", api_availability.AvailabilityView.as_view(), name="bookings-availability"
    ),
    path(
        "availability/explain/",
        api_availability.ExplainView.as_view(),
        name="bookings-availability-explain",
    ),
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
