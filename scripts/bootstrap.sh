#!/bin/sh
# Makes the project's dependencies and a Node 24 stand in node_modules, from nothing but Node >= 20 and npm.
# Does nothing, in a few milliseconds, where they stand already.
set -eu
cd "$(dirname "$0")/.."

fail() {
  printf 'bootstrap: %s\n' "$*" >&2
  exit 1
}

command -v node >/dev/null 2>&1 || fail 'Node is missing. Install Node 20 or newer with npm (Debian, Ubuntu: apt-get install nodejs npm).'
command -v npm >/dev/null 2>&1 || fail 'npm is missing. Install it (Debian, Ubuntu: apt-get install npm).'

# The host's Node only has to run npm, so any that npm itself still supports will do.
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || fail "Node $(node -v) is too old to install the dependencies: 20 or newer is needed."

wanted=$(cksum <package-lock.json)
lock=node_modules/.esclusa-lock
if [ ! -d node_modules ] || [ "$(cat "$lock" 2>/dev/null || true)" != "$wanted" ]; then
  # A tree that npm has just installed by hand needs only the mark.
  if [ -d node_modules ] && [ ! -e "$lock" ] && npm ls --all >/dev/null 2>&1; then
    printf '%s\n' "$wanted" >"$lock"
  else
    printf 'bootstrap: npm ci (dependencies and Node 24; about half a minute)\n' >&2
    log=$(mktemp)
    if npm ci --no-audit --no-fund --loglevel=error >"$log" 2>&1; then
      rm -f "$log"
    else
      tail -n 20 "$log" >&2
      fail "npm ci failed; its whole output is in $log. Is the npm registry reachable (npm ping)?"
    fi
    printf '%s\n' "$wanted" >"$lock"
  fi
fi

node=node_modules/.bin/node
[ -x "$node" ] || node=node
major=$("$node" -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 24 ] || fail "Node 24 or newer is needed, and no package carries it for $(uname -sm): install it from https://nodejs.org. Found $("$node" -v)."
