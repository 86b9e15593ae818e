#!/bin/bash
# First start only: a database per service, a role that owns its tables, and one that only uses rows.
# The same as onward/servers/databases.py does for the embedded platform.
set -euo pipefail

as_admin() { psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" "$@"; }

for service in directory referral notification audit; do
  as_admin --dbname "$POSTGRES_DB" \
    -v database="onward_$service" -v app="onward_$service" -v owner="onward_${service}_owner" \
    -v app_password="$(cat "/run/secrets/$service/app_password")" \
    -v owner_password="$(cat "/run/secrets/$service/owner_password")" <<'SQL'
CREATE ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'app_password';
CREATE DATABASE :"database" OWNER :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
\connect :database
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE ON SEQUENCES TO :"app";
SQL
done
