"""The rules of a return: refusals, and queries that analysts downstream would raise."""
