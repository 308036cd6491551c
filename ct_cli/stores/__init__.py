"""Where the register and the ledger are kept."""
