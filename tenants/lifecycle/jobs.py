"""What the platform does by itself about businesses that are to go."""

from procrastinate.contrib.django import app

PURGE = "tenants.purge_due"


@app.periodic(cron="41 4 * * *")
@app.task(name=PURGE, queueing_lock=PURGE)
def purge_due(timestamp: int) -> None:
    """Delete for good the businesses whose waiting period is over."""
    from tenants.lifecycle import deleting

    deleting.purge_due()
