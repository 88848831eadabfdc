"""What the demo says of who falls behind, and what is done about it."""
