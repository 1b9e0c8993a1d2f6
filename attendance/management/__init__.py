"""Commands of attendance."""
