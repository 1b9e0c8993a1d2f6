"""Models of privacy: requests, erasures and what the school must be able to show."""
