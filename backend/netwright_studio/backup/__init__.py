"""Backups: everything the studio keeps in one file, made while it runs, and put back on either kind of database."""
