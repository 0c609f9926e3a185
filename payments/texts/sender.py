"""Who asks for a payment, in every language."""

SENDER = """\

{{ business_name }}
{% if address %}
{{ address }}
{% endif %}
{% if phone %}
{{ phone }}
{% endif %}
"""
