"""Template tags of privacy."""
