"""Who practises when in the demo, and what comes of it."""
