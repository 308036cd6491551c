"""Files that ct gives back: a user's own file with what to change, and sheets to fill in."""
