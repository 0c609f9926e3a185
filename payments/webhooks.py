"""Where Stripe's deliveries arrive: ``POST /api/payments/webhook/stripe/``."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments import inbox
from payments.errors import WebhookRefused
from payments.gateway import verify_webhook
from payments.models import StripeAccount


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Answer 200 once the event is stored, whatever it leads to: the rest is ours to retry."""
    account = StripeAccount.objects.current()
    secrets = account.webhook_secrets
    if not secrets:
        return JsonResponse({"error": "Webhook secret not configured"}, status=503)
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = request.read(limit + 1)
    if len(body) > limit:
        return JsonResponse({"error": "Invalid payload: larger than 1 MB"}, status=413)
    try:
        event = verify_webhook(body, request.headers.get("Stripe-Signature", ""), secrets)
    except WebhookRefused as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    inbox.receive(event, account=account)
    return HttpResponse(status=200)
