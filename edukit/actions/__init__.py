"""Writes: the only writers, one module a domain. None commits: the block that opened the session does."""
