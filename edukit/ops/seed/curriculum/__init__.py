"""What is taught at a school of the demo."""
