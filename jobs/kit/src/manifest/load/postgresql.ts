import { PLAIN } from '../../csv/rules.ts';
import type { WrittenColumn } from '../field.ts';
import { type LoadedDataset, type NameRules, nameInComment, quoteName, text, underLoadNames } from './file.ts';

/** NAMEDATALEN less one; and the columns that every table has. */
const NAMES: NameRules = { bytes: 63, taken: ['tableoid', 'ctid', 'xmin', 'cmin', 'xmax', 'cmax'] };

/**
 * Statements of PostgreSQL that load a dataset into a new table, each value as it is; its file goes to the second one's standard input:
 * `aws s3 cp <url> - | psql -c "<COPY …>"`, through `gzip -dc` or `zstd -dc` where it is compressed, since the server unpacks nothing, and of several files all but
 * the first without their headers (`tail -c`): comments before them say so. A comment that says why where PostgreSQL can't hold a value.
 */
export function postgresqlLoad({ dataset, urls, columns, headerBytes, dialect, compression }: LoadedDataset): string {
  const nul = columns.filter(({ counts }) => counts.nulBytes > 0);
  if (nul.length > 0) return `-- not to be loaded by PostgreSQL, whose text holds no NUL bytes: ${nul.map((column) => nameInComment(column.name)).join(', ')}`;
  // COPY passes over the header and takes the columns in their order.
  const list = underLoadNames(columns, NAMES).map((column) => `${quoteName(column.name)} ${postgresType(column)}`);
  const delimiter = dialect.delimiter === PLAIN.delimiter ? '' : `DELIMITER ${dialect.delimiter === '\t' ? String.raw`E'\t'` : text(dialect.delimiter)}, `;
  const options = `FORMAT csv, HEADER true, ${delimiter}NULL ${text(dialect.nullToken)}, ENCODING 'UTF8'`;
  const unpack = compression === undefined ? '' : `-- reads the file unpacked: ${compression} -dc\n`;
  const join =
    urls.length === 1 ? '' : `-- reads ${urls.length} files one after the other, all but the first without their headers: tail -c +${headerBytes + 1}\n`;
  return `${unpack}${join}CREATE TABLE ${quoteName(dataset)} (${list.join(', ')});\nCOPY ${quoteName(dataset)} FROM STDIN WITH (${options});`;
}

/** A type as `format_type` writes those of every server: a server that says something else would have it run where the line is. */
const POSTGRES_TYPE = /^("char"|[a-z][a-z0-9_ ]{0,62})(\(\d+(,-?\d+)?\))?( with(out)? time zone)?(\[\])*$/;

/** The type of PostgreSQL that holds every value of the column in this file; what none holds is text. */
function postgresType({ values, counts, postgresType: given }: WrittenColumn): string {
  if (given !== undefined) return POSTGRES_TYPE.test(given) ? given : 'text';
  switch (values.kind) {
    case 'boolean':
      return 'boolean';
    case 'integer':
      return (values.unsigned === true ? UNSIGNED : SIGNED)[values.bits];
    case 'decimal':
      return values.precision === undefined ? 'numeric' : `numeric(${values.precision},${values.scale ?? 0})`;
    case 'float':
      return values.bits === 32 ? 'real' : 'double precision';
    case 'uuid':
      return 'uuid';
    case 'json':
      // Keeps the text as it is.
      return 'json';
    case 'duration':
      return 'interval';
    case 'date':
    case 'time':
    case 'datetime':
      if (counts.special > 0) return 'text';
      if (values.kind === 'datetime') return values.zone ? 'timestamp with time zone' : 'timestamp';
      return values.kind;
    case 'binary':
      return values.encoding === 'hex' ? 'bytea' : 'text';
    default:
      return 'text';
  }
}

const SIGNED = { 8: 'smallint', 16: 'smallint', 32: 'integer', 64: 'bigint' } as const;
const UNSIGNED = { 8: 'smallint', 16: 'integer', 32: 'bigint', 64: 'numeric(20)' } as const;
