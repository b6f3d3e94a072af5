"""Backups of the shop: what one holds, how it is taken, kept and restored.

A backup is a folder of its own, `bookstore-<UTC time>`:

    database.dump   everything in PostgreSQL at one moment, in pg_dump's own format
    media.tar       uploaded files, where they stand on disk; in S3 the bucket keeps old versions
    manifest.json   what the two must be like: sizes, digests, the number of rows in each table

The manifest is written last, and the folder gets its name when all is in place: what has the name
is whole.
"""
