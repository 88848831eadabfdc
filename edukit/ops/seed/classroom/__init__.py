"""What the students of the demo are set, hand in and are told about it."""
