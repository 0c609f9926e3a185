"""Until when something is held, counting down where scripts run."""

import math
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from tenants.current import current_tenant
from tenants.templatetags.business import clock, local_time

register = template.Library()


@register.inclusion_tag("bookings/_held.html")
def held(until: datetime, what: str, next_page: str) -> dict[str, Any]:
    """Say that `what` is held until then; once it has run out, the page goes on to `next_page`."""
    now, zone = timezone.now(), current_tenant().zone
    is_today = until.astimezone(zone).date() == now.astimezone(zone).date()
    return {
        "until": until,
        "until_text": clock(until) if is_today else local_time(until),
        # The browser's clock may be wrong: it counts seconds only.
        "seconds": max(math.ceil((until - now).total_seconds()), 0),
        "what": what,
        "next_page": next_page,
    }
