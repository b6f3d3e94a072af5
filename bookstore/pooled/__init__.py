"""Django's PostgreSQL with a pool of connections, for the web processes (`bookstore/wsgi.py`)."""
