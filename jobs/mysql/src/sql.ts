// How names and values stand in our SQL. The server's sql_mode stays as it is, since a dataset's own SQL is written for it: so no mode may read these otherwise.

/** A name as SQL writes it in every mode: backticks quote names also where ANSI_QUOTES is on. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * A text as SQL writes it, by its bytes: NO_BACKSLASH_ESCAPES makes of `\'` the end of a literal, EMPTY_STRING_IS_NULL a NULL of `''`. It compares like the literal in quotes: the collation is the
 * connection's, and gives way to a column's.
 */
export function textLiteral(text: string): string {
  return `_utf8mb4 x'${Buffer.from(text, 'utf8').toString('hex')}'`;
}
