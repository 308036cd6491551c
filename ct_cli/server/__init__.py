"""The HTTP API, over any backend."""
