"""Spreadsheet columns of students and what a row of them brings: columns.py and words.py what is written, rows.py what it
would store, matching.py whom it is about, check.py the whole file, page.py what a person sees of that, result.py the workbook.
"""
