"""Pure computation, frame to frame: no clock, no environment, no store."""
