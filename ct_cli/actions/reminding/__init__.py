"""What reminders need before one is sent: who is told what, written how, and by which channel."""
