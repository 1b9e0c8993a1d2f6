"""Pages of attendance: today.py a teacher's day, register.py the register and its paper form, planning.py lessons."""
