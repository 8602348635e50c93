#!/bin/sh
# Builds the images of all jobs and of the gateway, or of the named ones: ./build-images.sh --help
set -eu
root=$(cd "$(dirname "$0")" && pwd)
sh "$root/scripts/bootstrap.sh"
node=$root/node_modules/.bin/node
[ -x "$node" ] || node=node
exec "$node" "$root/scripts/build/main.ts" "$@"
