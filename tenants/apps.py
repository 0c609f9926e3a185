from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Businesses"

    def ready(self) -> None:
        from tenants import sharding_health, spare_jobs  # noqa: F401 - they register themselves
        from tenants.lifecycle import jobs  # noqa: F401
