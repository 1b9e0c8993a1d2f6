"""English words, the school's order: day before month, so that the two languages never disagree about 03-04."""

DATE_FORMAT = "j M Y"  # 12 Jan 2026
SHORT_DATE_FORMAT = "D j M"  # Mon 12 Jan
MONTH_DAY_FORMAT = "l j F"  # Monday 12 January
YEAR_MONTH_FORMAT = "F Y"  # January 2026
TIME_FORMAT = "H:i"  # 09:30
DATETIME_FORMAT = "j M Y, H:i"  # 12 Jan 2026, 09:30
SHORT_DATETIME_FORMAT = "D j M, H:i"  # Mon 12 Jan, 09:30
FIRST_DAY_OF_WEEK = 1

# A year of two digits is not accepted: 03-04-27 typed for a birth date in 1927 would become 2027 without a word.
DATE_INPUT_FORMATS = ["%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d %b %Y", "%d %B %Y"]
TIME_INPUT_FORMATS = ["%H:%M", "%H.%M", "%H:%M:%S"]
DATETIME_INPUT_FORMATS = ["%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
