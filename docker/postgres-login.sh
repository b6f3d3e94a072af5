#!/bin/bash
# The official postgres image runs this once, over its empty data folder: the shop's own login and
# database. The login is no superuser; it may create logins, because grant_reader makes the
# frontend's.
set -euo pipefail

# By stdin, so that the password stands among no process's arguments.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" <<'SQL'
\getenv password DATABASE_PASSWORD
CREATE ROLE bookstore LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE bookstore OWNER bookstore;
SQL
