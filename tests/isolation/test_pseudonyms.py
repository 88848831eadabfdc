"""What an analyst who reads no names can select: whatever there is, but no name of a person and no word about one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House, World

    Connection = psycopg.Connection[tuple[Any, ...]]

MARK = f"zoraquill{secrets.token_hex(4)}"
TEXTS = """
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL) FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
        AND c.relname NOT IN ('alembic_version', 'viewers') AND format_type(a.atttypid, NULL) IN ('text', 'text[]', 'jsonb')
    ORDER BY 1, 2"""
READABLE = """
    SELECT c.oid::regclass::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'v', 'm', 'p') AND c.relnamespace IN ('public'::regnamespace, 'pseudonymous'::regnamespace)
        AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'SELECT')"""
