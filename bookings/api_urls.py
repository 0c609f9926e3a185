from django.urls import path

from bookings import api, api_availability, api_changes, api_changing, series_api, waitlist_api

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
    path("waitlist/", waitlist_api.WaitlistView.as_view(), name="bookings-waitlist"),
    path("waitlist/<str:token>/", waitlist_api.EntryView.as_view(), name="bookings-waiting"),
    path(
        "waitlist/<str:token>/leave/",
        waitlist_api.LeaveView.as_view(),
        name="bookings-waiting-leave",
    ),
    path(
        "waitlist/<str:token>/accept/",
        waitlist_api.AcceptView.as_view(),
        name="bookings-waiting-accept",
    ),
    path("series/", series_api.SeriesListView.as_view(), name="bookings-series"),
    path(
        "series/<int:series_id>/cancel/",
        series_api.CancelView.as_view(),
        name="bookings-series-cancel",
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
    path(
        "<int:booking_id>/change/",
        api_changing.ChangeView.as_view(),
        name="bookings-change",
    ),
    path(
        "<int:booking_id>/change/give-up/",
        api_changing.GiveUpView.as_view(),
        name="bookings-change-give-up",
    ),
]
