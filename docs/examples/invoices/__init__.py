"""An example: invoices that customers pay by a link. See docs/payables.md."""
