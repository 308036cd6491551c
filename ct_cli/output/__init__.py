"""Answers to characters; decides nothing."""
