#!/bin/sh
# Makes the files of secrets/, which docker-compose.yml mounts: what is there stays as it is.
# A value in .env moves into its file; else it is asked for in a terminal, or made at random.
set -eu
cd "$(dirname "$0")"
umask 077

usage() {
  cat <<'TEXT'
Usage: ./make-secrets.sh [--demo | --profile NAME]
  --demo           never asks: random passwords, and the keys of the S3 of "docker-compose --profile demo"
  --profile NAME   writes secrets/aws_credentials anew from this profile of ~/.aws/credentials
Without either: the S3 keys in .env, else the profile "default", else none (an instance's role).
To change a secret, write its file and run: docker-compose up -d --force-recreate api-gateway
TEXT
}
fail() { printf 'make-secrets: %s\n' "$*" >&2; exit 1; }
say() { printf '%s\n' "$*" >&2; }

demo='' profile=''
while [ $# -gt 0 ]; do
  case $1 in
    --demo) demo=yes ;;
    --profile) [ $# -gt 1 ] || fail '--profile wants a name'; profile=$2; shift ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 64 ;;
  esac
  shift
done
[ -z "$demo" ] || [ -z "$profile" ] || fail '--demo has its own S3 keys: leave out --profile'

# The folder is closed to other users of this host; the files are not, since a container's user has to read them.
mkdir -p secrets
chmod 0700 secrets

# put NAME WHY: writes the file from standard input, into the same inode, which a container may have mounted.
put() {
  [ ! -d "secrets/$1" ] || rmdir "secrets/$1" || fail "secrets/$1 is a folder"
  [ ! -e "secrets/$1" ] || chmod u+w "secrets/$1"
  cat >"secrets/$1"
  chmod 0444 "secrets/$1"
  say "secrets/$1: $2"
}
there() { [ -s "secrets/$1" ] && [ -f "secrets/$1" ]; }
random() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }
# from_env NAME: its value in .env, without the quotes around it.
from_env() {
  [ -f .env ] || return 0
  sed -n "s/^$1=//p" .env | tail -n 1 | tr -d '\r' | sed -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/"
}
# forget NAME: takes its value out of .env.
forget() {
  sed "s/^$1=..*/#$1=/" .env >.env.new
  cat .env.new >.env
  rm -f .env.new
}
# ask PROMPT: an answer that is not shown.
ask() {
  printf '%s: ' "$1" >&2
  stty -echo
  trap 'stty echo; exit 130' INT TERM
  IFS= read -r answer || answer=''
  stty echo
  trap - INT TERM
  printf '\n' >&2
}

# secret NAME VARIABLE [PROMPT]
secret() {
  if there "$1"; then return; fi
  answer=$(from_env "$2")
  if [ -n "$answer" ]; then
    printf '%s\n' "$answer" | put "$1" "moved there from $2 in .env"
    forget "$2"
    return
  fi
  if [ -n "${3-}" ] && [ -z "$demo" ] && [ -t 0 ]; then ask "$3"; fi
  if [ -n "$answer" ]; then printf '%s\n' "$answer" | put "$1" 'as you typed it'; else random | put "$1" 'random'; fi
}
secret api_key API_KEY
secret ledger_key LEDGER_KEY
secret mask_secret MASK_SECRET
secret postgres_password POSTGRES_PASSWORD "PostgreSQL's password (Enter: a random one)"
secret mysql_password MYSQL_PASSWORD "MySQL's password (Enter: a random one)"
secret mongo_password MONGO_PASSWORD "MongoDB's password (Enter: a random one)"
secret job_aws_secret_access_key JOB_AWS_SECRET_ACCESS_KEY
secret s3_secret_key S3_SECRET_KEY

# keys ID SECRET TOKEN: one profile, in AWS's format.
keys() {
  printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$1" "$2"
  if [ -n "${3-}" ]; then printf 'aws_session_token = %s\n' "$3"; fi
}
# of_profile NAME: the keys of one profile of ~/.aws/credentials, and nothing else of it.
shared=${AWS_SHARED_CREDENTIALS_FILE:-${HOME:-}/.aws/credentials}
of_profile() {
  [ -f "$shared" ] || return 0
  awk -v wanted="$1" '
    /^[ \t]*\[/ { name = $0; gsub(/^[ \t]*\[[ \t]*|[ \t]*\].*$/, "", name); next }
    name == wanted && /^[ \t]*aws_(access_key_id|secret_access_key|session_token)[ \t]*=/ { sub(/^[ \t]*/, ""); sub(/[ \t\r]*$/, ""); print }
  ' "$shared"
}
id=$(from_env AWS_ACCESS_KEY_ID) key=$(from_env AWS_SECRET_ACCESS_KEY) token=$(from_env AWS_SESSION_TOKEN)
# Keys in .env were put there by somebody: they replace what is in the file.
if [ -n "$profile" ] || [ -n "$id$key" ] || ! there aws_credentials; then
  found=$(of_profile "${profile:-default}")
  if [ -n "$demo" ]; then
    keys esclusa "$(cat secrets/s3_secret_key)" | put aws_credentials "those of the demo's S3"
  elif [ -z "$profile" ] && [ -n "$id" ] && [ -n "$key" ]; then
    keys "$id" "$key" "$token" | put aws_credentials 'moved there from AWS_* in .env'
    for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN; do forget "$name"; done
  elif [ -n "$found" ]; then
    { echo '[default]'; printf '%s\n' "$found"; } | put aws_credentials "the profile ${profile:-default} of $shared"
  elif [ -n "$profile" ]; then
    fail "$shared has no keys under [$profile]; for SSO or a role: aws configure export-credentials --profile $profile --format env-no-export >> .env, and run this again"
  else
    echo "# No keys: the gateway takes those of this machine's role." | put aws_credentials "no keys found, so that the machine's role is used"
  fi
fi
