"""What the students of the demo complain of, and what becomes of it."""
