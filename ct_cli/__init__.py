"""ct: Capacity Tracker's monthly return, from the command line."""

__version__ = "0.2.0"
