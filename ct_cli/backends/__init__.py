"""Where: the contract that a store keeps, and the stores."""
