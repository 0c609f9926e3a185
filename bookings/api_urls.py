from django.urls import path

from bookings import api, api_availability, api_changes

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
    path(
        "<int:booking_id>/cancellation/",
        api_changes.CancellationView.as_view(),
        name="bookings-cancellation",
    ),
    path(
        "<int:booking_id>/cancel/",
        api_changes.CancelView.as_view(),
        name="bookings-cancel",
    ),
    path(
        "<int:booking_id>/reschedule/",
        api_changes.RescheduleView.as_view(),
        name="bookings-reschedule",
    ),
]
