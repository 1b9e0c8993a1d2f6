"""What the school's own policy text says, what the software does, and what the law says: side by side."""
