"""Choosing a password by a link, on each host for its own people."""

from django.contrib.auth import views
from django.urls import path, reverse_lazy

from access.tokens import password_reset_tokens

urlpatterns = [
    path(
        "password/forgotten/",
        views.PasswordResetView.as_view(
            token_generator=password_reset_tokens,
            template_name="access/password_forgotten.html",
            email_template_name="access/mail/password.txt",
            subject_template_name="access/mail/password_subject.txt",
            success_url=reverse_lazy("password_reset_done"),
        ),
        name="admin_password_reset",
    ),
    path(
        "password/sent/",
        views.PasswordResetDoneView.as_view(template_name="access/password_sent.html"),
        name="password_reset_done",
    ),
    path(
        "password/choose/<uidb64>/<token>/",
        views.PasswordResetConfirmView.as_view(
            token_generator=password_reset_tokens,
            template_name="access/password_choose.html",
            success_url=reverse_lazy("password_reset_complete"),
        ),
        name="password_reset_confirm",
    ),
    path(
        "password/chosen/",
        views.PasswordResetCompleteView.as_view(template_name="access/password_chosen.html"),
        name="password_reset_complete",
    ),
]
