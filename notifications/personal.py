"""Messages hold nothing on customers: their texts are the business's."""

from notifications.models import MessageTemplate
from tenants.personal import declare

declare(MessageTemplate, keep="id kind subject body sms is_active updated_at")
