"""The worker keeps spare schemas ready; see tenants.spares."""

from procrastinate.contrib.django import app

REPLENISH = "tenants.replenish_spares"


@app.periodic(cron="* * * * *")
@app.task(name=REPLENISH, queueing_lock=REPLENISH)
def replenish(timestamp: int) -> None:
    """Make spare schemas in place of those that sign-ups took."""
    from tenants import spares

    spares.replenish()
