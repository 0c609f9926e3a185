"""The standard texts about vouchers, passes and memberships, in Spanish."""

from notifications.kinds import SIGNATURE, Text

MESSAGES = {
    "voucher": Text(
        "{% if giver %}{{ giver }} le regala un vale para {{ business_name }}"
        "{% else %}Su vale regalo para {{ business_name }}{% endif %}",
        "Hola{% if recipient_name %}, {{ recipient_name }}{% endif %}:\n\n"
        "{% if giver %}{{ giver }} le regala{% else %}Aquí tiene{% endif %} un vale para "
        "{{ business_name }}.\n\n"
        "  {{ amount }}\n  Código {{ code }}\n"
        "{% if expires %}\n  Válido hasta el {{ expires }}\n{% endif %}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nIntroduzca el código al reservar: {{ book_link }}\nVer el saldo: {{ link }}\n"
        + SIGNATURE,
    ),
    "voucher_bought": Text(
        "Su vale regalo está en camino",
        "Hola, {{ customer_name }}:\n\nGracias. Hemos enviado su vale regalo de {{ amount }} a "
        "{{ recipient_email }}.\n\nVerlo o imprimirlo: {{ link }}\n" + SIGNATURE,
    ),
    "pass": Text(
        "Su bono: {{ pass }}",
        "Hola, {{ customer_name }}:\n\nAquí tiene su bono para {{ business_name }}.\n\n"
        "  {{ pass }}\n  Código {{ code }}\n"
        "  Válido para {{ times }}{% if expires %}, hasta el {{ expires }}{% endif %}\n\n"
        "Introduzca el código al reservar, con esta dirección de correo: {{ book_link }}\n"
        "Ver lo que le queda: {{ link }}\n" + SIGNATURE,
    ),
    "membership_welcome": Text(
        "Le damos la bienvenida: {{ membership }}",
        "Hola, {{ customer_name }}:\n\nLe damos la bienvenida a {{ business_name }}.\n\n"
        "  {{ membership }}\n  Código {{ code }}\n  {{ price }} {{ every }}\n"
        "{% if times %}\n  Válida ahora para {{ times }}\n{% else %}\n  Reserve tantas veces como "
        "quiera\n{% endif %}\n"
        "{% if period_end %}\n  Se renueva el {{ period_end }}\n{% endif %}\n"
        "\nReservar, ver lo que le queda, cambiar de tarjeta o darse de baja: {{ link }}\n"
        "No comparta este enlace: quien lo tenga puede usar su suscripción.\n" + SIGNATURE,
    ),
    "membership_unpaid": Text(
        "El pago de {{ membership }} no se ha podido realizar",
        "Hola, {{ customer_name }}:\n\nNo hemos podido cobrar {{ price }} por su suscripción "
        "«{{ membership }}»: su banco ha rechazado el pago.\n\n"
        "Por favor, indique otra tarjeta; solo le llevará un minuto: {{ link }}\n\n"
        "Las sesiones del nuevo periodo estarán disponibles en cuanto recibamos el pago.\n"
        + SIGNATURE,
    ),
    "membership_cancelled": Text(
        "Suscripción cancelada: {{ membership }}",
        "Hola, {{ customer_name }}:\n\nSu suscripción «{{ membership }}» está cancelada. No se le "
        "cobrará nada más{% if period_end %} y puede usarla hasta el {{ period_end }}"
        "{% endif %}.\n\n"
        "¿Ha cambiado de opinión? Hasta entonces puede conservarla: {{ link }}\n" + SIGNATURE,
    ),
    "membership_ended": Text(
        "Su suscripción ha terminado: {{ membership }}",
        "Hola, {{ customer_name }}:\n\nSu suscripción «{{ membership }}» ha terminado y no se le "
        "cobrará nada más.\n\nVer lo que le queda: {{ link }}\n" + SIGNATURE,
    ),
}
#: How often something can be used: once, and more often.
TIMES = ("{} sesión", "{} sesiones")
#: How often a membership is paid: each one, and every so many.
EVERY = {
    "week": ("a la semana", "cada {} semanas"),
    "month": ("al mes", "cada {} meses"),
    "year": ("al año", "cada {} años"),
}
#: What there is to see in a preview.
SAMPLES = {
    "pass": "Bono de diez clases",
    "wish": "¡Feliz cumpleaños!",
    "membership": "Ocho clases al mes",
}
