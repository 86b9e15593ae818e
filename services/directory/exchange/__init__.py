"""Carry entries between the directory and files: Open Referral UK 3.0 as JSON, or the same in a table (CSV).

A file of the directory's own says everything of an entry: what the standard has no word for stands under
``onward``. Files of others are read as far as the directory can hold what they say; the report names the
rest.
"""
