#!/bin/sh
set -e
chown app /data
exec gosu app "$@"
