"""Nudge: who hears of what they still owe, when, and by which channel."""
