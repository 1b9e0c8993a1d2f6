"""What people type about privacy: one file per subject."""
