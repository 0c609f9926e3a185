"""The standard texts about a booking, in Spanish."""

from notifications.kinds import SIGNATURE, Text

_BOOKING = """\
  {{ service }}
  {{ time }}
{% if with %}
  Con: {{ with }}
{% endif %}
  Referencia {{ reference }}
"""
_PRICE = """\
Precio: {{ total }}
{% if deposit %}
Anticipo: {{ deposit }}
A pagar en el establecimiento: {{ remaining }}
{% endif %}
"""
_CHANGE = """\
{% if old_time %}
  Antes: {{ old_time }}
{% endif %}
{% if old_service %}
  Antes: {{ old_service }}
{% endif %}
{% if old_people %}
  Personas: {{ people }} en lugar de {{ old_people }}
{% endif %}
{% if old_total %}
  Precio: {{ total }} en lugar de {{ old_total }}
{% endif %}
{% if paid_more %}
  Pagado por el cambio: {{ paid_more }}
{% endif %}
{% if goes_back %}
  Reembolso: {{ goes_back }}
{% endif %}
"""
MESSAGES = {
    "confirmed": Text(
        "Reserva confirmada: {{ service }}, {{ time }}",
        "Hola, {{ customer_name }}:\n\nSu reserva en {{ business_name }} está confirmada.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "Ver su reserva: {{ link }}\nAñadir al calendario: {{ calendar_link }}\n" + SIGNATURE,
        "{{ business_name }}: reserva confirmada, {{ service }}, {{ time }}. {{ link }}",
    ),
    "reminder": Text(
        "Recordatorio: {{ service }}, {{ time }}",
        "Hola, {{ customer_name }}:\n\nLe esperamos en {{ business_name }}.\n\n"
        f"{_BOOKING}\n"
        "{% if remaining %}\nA pagar en el establecimiento: {{ remaining }}\n\n{% endif %}\n"
        "Ver o cambiar su reserva: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: le esperamos, {{ service }}, {{ time }}. {{ link }}",
    ),
    "rescheduled": Text(
        "{% if old_time %}Nuevo horario: {{ service }}, {{ time }}"
        "{% else %}Reserva modificada: {{ service }}, {{ time }}{% endif %}",
        "Hola, {{ customer_name }}:\n\nSu reserva en {{ business_name }} "
        "{% if old_time %}tiene un nuevo horario{% else %}ha cambiado{% endif %}.\n\n"
        f"{_BOOKING}\n{_CHANGE}\n"
        "Ver su reserva: {{ link }}\nAñadir al calendario: {{ calendar_link }}\n" + SIGNATURE,
        "{{ business_name }}: {% if old_time %}nuevo horario{% else %}reserva modificada{% endif %}"
        ", {{ service }}, {{ time }}. {{ link }}",
    ),
    "cancelled": Text(
        "Reserva cancelada: {{ service }}, {{ time }}",
        "Hola, {{ customer_name }}:\n\nSu reserva en {{ business_name }} está cancelada"
        "{% if was_not_paid %}, porque el anticipo no se pagó a tiempo{% endif %}"
        "{% if payment_failed %}, porque el pago ha fallado{% endif %}.\n\n"
        f"{_BOOKING}\n"
        "Volver a reservar: {{ book_link }}\n",
    ),
    "paid_too_late": Text(
        "Reembolso: {{ service }}, {{ time }}",
        "Hola, {{ customer_name }}:\n\nSu pago de {{ deposit }} a {{ business_name }} llegó cuando "
        "esa hora ya no estaba disponible. Le devolvemos el importe íntegro.\n\n"
        f"{_BOOKING}\n"
        "Reservar otra hora: {{ book_link }}\n",
    ),
    "change_not_made": Text(
        "Reembolso por el cambio: {{ service }}",
        "Hola, {{ customer_name }}:\n\nSu pago de {{ paid_more }} a {{ business_name }} por el "
        "cambio de su reserva llegó demasiado tarde, así que no se ha cambiado nada. Le devolvemos "
        "el importe íntegro.\n\n"
        "Su reserva sigue como estaba:\n\n"
        f"{_BOOKING}\n"
        "Ver su reserva: {{ link }}\n",
    ),
    "waitlist_offer": Text(
        "Ha quedado una plaza libre: {{ service }}, {{ time }}",
        "Hola, {{ customer_name }}:\n\nHa quedado libre en {{ business_name }} la plaza que "
        "esperaba.\n\n"
        "  {{ service }}\n  {{ time }}\n\n"
        "{% if offer_until %}\nSe la guardamos hasta el {{ offer_until }}.\n{% endif %}\n"
        "Reservarla: {{ link }}\n",
        "{{ business_name }}: hay una plaza libre, {{ service }}, {{ time }}."
        "{% if offer_until %} Es suya hasta el {{ offer_until }}.{% endif %} {{ link }}",
    ),
    "pay_deposit": Text(
        "Anticipo pendiente: {{ service }}, {{ time }}",
        "Hola, {{ customer_name }}:\n\nLe guardamos esta hora en {{ business_name }}. Será suya en "
        "cuanto pague el anticipo.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "{% if pay_until %}\nSe la guardamos hasta el {{ pay_until }}.\n{% endif %}\n"
        "Pagar aquí: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: por favor, pague {{ deposit }} por {{ service }}, {{ time }}."
        "{% if pay_until %} Se lo guardamos hasta el {{ pay_until }}.{% endif %} {{ link }}",
    ),
    "review": Text(
        "¿Qué tal fue? {{ service }} en {{ business_name }}",
        "Hola, {{ customer_name }}:\n\nGracias por su visita a {{ business_name }} el {{ date }}. "
        "Nos alegraría mucho que contara a otros cómo fue.\n\n"
        "Escribir una reseña: {{ review_link }}\n",
    ),
    "series": Text(
        "{% if dates_to_pay %}Anticipo pendiente{% else %}Reservas confirmadas{% endif %}: "
        "{{ service }}, {{ rhythm }}",
        "Hola, {{ customer_name }}:\n"
        "{% if dates %}\n\nSus reservas en {{ business_name }} están confirmadas: {{ service }}, "
        "{{ rhythm }}.\n\n{{ dates }}\n{% endif %}\n"
        "{% if dates_to_pay %}\n\n{% if dates %}Estas fechas aún están pendientes de su anticipo"
        "{% else %}Estas fechas en {{ business_name }} están pendientes de su anticipo: "
        "{{ service }}, {{ rhythm }}{% endif %}. Cada una será suya en cuanto se pague su "
        "anticipo.\n\n"
        "{{ dates_to_pay }}\n{% endif %}\n" + SIGNATURE,
    ),
    "series_cancelled": Text(
        "Reservas canceladas: {{ service }}, {{ rhythm }}",
        "Hola, {{ customer_name }}:\n\nEstas reservas en {{ business_name }} están "
        "canceladas:\n\n{{ service }}\n\n{{ dates }}\n\n"
        "En la página de cada reserva verá qué parte de lo pagado se le devuelve.\n\n"
        "Volver a reservar: {{ book_link }}\n",
    ),
    "waiting": Text(
        "En la lista de espera: {{ service }}",
        "Hola, {{ customer_name }}:\n\nEstá en la lista de espera de {{ business_name }}. Le "
        "escribiremos en cuanto quede una plaza libre.\n\n"
        "  {{ service }}\n  {{ waiting_for }}\n"
        "{% if people %}\n  {{ people }} personas\n{% endif %}\n"
        "\nVer su puesto o dejar la lista de espera: {{ link }}\n",
    ),
}

#: What staff are told. Businesses don't edit these.
STAFF = {
    "confirmed": "Nueva reserva: {{ service }}, {{ time }}",
    "rescheduled": "{% if old_time %}Nuevo horario: {{ service }}, {{ time }}"
    "{% else %}Reserva modificada: {{ service }}, {{ time }}{% endif %}",
    "cancelled": "Reserva cancelada: {{ service }}, {{ time }}",
    "body": "  {{ service }}\n  {{ time }}\n{% if with %}\n  Con: {{ with }}\n{% endif %}\n"
    f"{_CHANGE}"
    "  {{ customer_name }}\n  Referencia {{ reference }}\n\n{{ staff_link }}\n",
}

#: What the list of a series' dates is made of.
SERIES = {
    "weekly": "cada semana", "every": "cada {weeks} semanas", "reference": "referencia",
    "kept": "reservada para usted hasta el {time}", "pay": "Pagar aquí",
}  # fmt: skip

#: What a payment is for.
PAYMENTS = {
    "deposit": "{service}: anticipo",
    "card": "{service}: tarjeta",
    "difference": "{service}: diferencia",
    "balance": "{service}, reserva {reference}",
    "no_show": "{service}, reserva {reference}: cargo por no presentarse",
    "late_cancellation": "{service}, reserva {reference}: cargo por cancelación tardía",
    "card_declined": "No hemos podido cobrar en la tarjeta que nos dejó.",
    "voucher": "Vale regalo",
    "membership_card": "Tarjeta para {membership}",
}

#: What is booked in a preview, where there is no service yet.
HAIRCUT = "Corte de pelo"
