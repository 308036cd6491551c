"""The record of what was returned: its entries and chains, how returns come in, and what proves them."""
