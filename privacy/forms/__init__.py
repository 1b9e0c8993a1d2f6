"""What people type about privacy."""
