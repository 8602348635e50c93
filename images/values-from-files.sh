# Sourced by entrypoints, with the names of variables as arguments: X_FILE names a file with the value of X.
# Runs as root, who may read files that the server's user may not.
for name in "$@"; do
  file=${name}_FILE
  [ -n "${!file:-}" ] || continue
  if [ -n "${!name:-}" ]; then echo "$name and $file are both set: keep one" >&2; exit 1; fi
  value=$(<"${!file}")
  export "$name=$value"
  unset "$file"
done
