"""ONIX for Books: the trade's own format, read and written."""
