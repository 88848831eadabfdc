"""Reads: SQL to tidy frames, one module a domain; frames.py declares every column."""
