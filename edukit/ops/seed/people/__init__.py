"""Who is at a school of the demo, and how they are."""
