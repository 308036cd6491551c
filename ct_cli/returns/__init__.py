"""What: collections by date, the return, problems and their words, rules, readers of files."""
