"""Pages of levels and exams: sheets of a class or a student, results of an exam, one attempt."""
