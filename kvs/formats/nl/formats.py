"""Dutch ways of writing. A template says `{{ day|date }}`, `{{ day|date:"SHORT_DATE_FORMAT" }}` or `{{ moment|time }}`."""

DATE_FORMAT = "j b Y"  # 12 jan 2026
SHORT_DATE_FORMAT = "D j b"  # ma 12 jan
MONTH_DAY_FORMAT = "l j F"  # maandag 12 januari
YEAR_MONTH_FORMAT = "F Y"  # januari 2026
TIME_FORMAT = "H:i"  # 09:30
DATETIME_FORMAT = "j b Y, H:i"  # 12 jan 2026, 09:30
SHORT_DATETIME_FORMAT = "D j b, H:i"  # ma 12 jan, 09:30
FIRST_DAY_OF_WEEK = 1

# A year of two digits is not accepted: 03-04-27 typed for a birth date in 1927 would become 2027 without a word.
DATE_INPUT_FORMATS = ["%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d"]
TIME_INPUT_FORMATS = ["%H:%M", "%H.%M", "%H:%M:%S"]
DATETIME_INPUT_FORMATS = ["%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "."
NUMBER_GROUPING = 3
