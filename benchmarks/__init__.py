"""One script per claim; each prints ratios against a named alternative in the same run."""
