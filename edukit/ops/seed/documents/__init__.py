"""What the people of the demo write, and talk about with the assistant."""
