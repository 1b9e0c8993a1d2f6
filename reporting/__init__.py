"""Everything that leaves the school: reports, and the record of whom they were handed to."""
