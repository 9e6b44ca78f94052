#!/bin/sh
# Stands in for the official image's entry point: a cluster for POSTGRES_USER and its database, then the server.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin)
data=/var/lib/postgresql/data/cluster
if [ ! -d "$data" ]; then
    umask 077
    printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
    "$bin/initdb" -D "$data" -U "$POSTGRES_USER" --pwfile=/tmp/password --auth=scram-sha-256 -E UTF8 --locale=C.UTF-8
    rm /tmp/password
    printf 'create database "%s"' "$POSTGRES_DB" | "$bin/postgres" --single -D "$data" postgres
fi
exec "$bin/postgres" -D "$data" -c listen_addresses=127.0.0.1
