"""How dates, times and numbers are written here: `12 jan 2026`, `di 12 jan`, `09:30`, `1.250,5`."""
