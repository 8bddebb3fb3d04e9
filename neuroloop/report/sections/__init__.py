"""Sections of the report, one file each with its template beside it."""
