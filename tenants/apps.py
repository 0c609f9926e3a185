from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Businesses"

    def ready(self) -> None:
        from tenants import sharding_health  # noqa: F401 - registers its check
        from tenants.lifecycle import jobs  # noqa: F401
