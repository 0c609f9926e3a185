from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Businesses"

    def ready(self) -> None:
        from tenants import sharding_health, spare_jobs  # noqa: F401 - they register themselves
        from tenants.connection import threads_connection
        from tenants.content_types import remember_by_connection
        from tenants.lifecycle import jobs  # noqa: F401
        from tenants.postgresql.base import DatabaseWrapper

        if isinstance(threads_connection(), DatabaseWrapper):
            remember_by_connection()
