"""The release that is rolled out while measured: one field more."""
