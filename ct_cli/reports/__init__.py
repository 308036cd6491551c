"""Pages and sheets for people who look rather than read."""
