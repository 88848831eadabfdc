"""The database: column types and names, ids, sessions, roles, bulk copy."""
