"""A business as a whole: exported, imported, renamed, deleted, restored."""
