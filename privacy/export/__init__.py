"""A copy of everything about a person: read along the catalogue (gather), said in words (words), made into files (files)."""
