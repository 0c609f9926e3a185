"""The documentation; its examples are tested."""
