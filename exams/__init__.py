"""Progress and exams: level measurements per skill, and attempts at exam parts."""
