"""Readers of foreign files; each ends in calls of actions."""
