"""What is owed, done and missed, read for one scope and laid out by location, month or group."""
