"""One view a dashboard: what a notebook shows."""
