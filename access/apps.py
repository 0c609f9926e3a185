from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"
    verbose_name = "People and keys"

    def ready(self) -> None:
        from access import receivers  # noqa: F401 - registers itself
