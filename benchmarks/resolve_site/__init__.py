"""One view with one indexed SELECT, served in four ways; see benchmarks/resolve.py."""
