"""What must survive a restart: SQL, the same on SQLite and PostgreSQL."""
