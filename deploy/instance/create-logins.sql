-- Run by create-logins as the database's master, who may make logins but is no superuser.
\getenv password DATABASE_PASSWORD
\getenv reader_password READER_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['bookstore', 'bookstore_reader']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE bookstore PASSWORD :'password';
ALTER ROLE bookstore_reader PASSWORD :'reader_password';
ALTER ROLE bookstore_reader SET default_transaction_read_only = on;

-- Giving the database away takes the right to become its new owner.
GRANT bookstore TO CURRENT_USER;
SELECT format('ALTER DATABASE %I OWNER TO bookstore', current_database())
\gexec
