"""Pages of students: people.py, programmes.py, groups.py, clients.py."""
