"""How one return is taken, whoever brings it: what it is about, what was there before, and what came of it."""
