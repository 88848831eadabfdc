"""What the students of the demo earn."""
