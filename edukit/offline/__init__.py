"""Work without a connection: a SQLite store of what a teacher needs, made from the same models."""
