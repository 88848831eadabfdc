"""What the people of the demo learn from on their own."""
