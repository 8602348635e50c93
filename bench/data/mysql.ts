import { LARGE_BYTES, type Table, WIDE_COLUMNS } from './tables.ts';

// MD5 is not in MySQL 9.7 any more.
/** Rows of one INSERT: larger transactions only fill the undo log. */
const BATCH = 500_000;
const NUMBERS = 'numeros';

/** The SQL that makes the numbers which every table is made of, in MySQL and MariaDB. */
export const MYSQL_NUMBERS: readonly string[] = [
  `create table ${NUMBERS} (n int primary key)`,
  `insert into ${NUMBERS} values (1)`,
  // Doubling: recursive queries have other limits in each of the two servers.
  ...Array.from(
    { length: Math.ceil(Math.log2(BATCH)) },
    (_, power) => `insert into ${NUMBERS} select n + ${2 ** power} from ${NUMBERS} where n + ${2 ** power} <= ${BATCH}`,
  ),
];

/** The SQL that makes a table in MySQL or MariaDB, in the order of its primary key, with fresh statistics. */
export function mysqlStatements({ name, shape, rows }: Table): string[] {
  const { columns, select } = contentOf(shape);
  const inserts = Array.from({ length: Math.ceil(rows / BATCH) }, (_, batch) => {
    const from = batch * BATCH;
    return `insert into ${name} select ${select} from (select n + ${from} as g from ${NUMBERS} where n <= ${Math.min(BATCH, rows - from)}) as numbered order by g`;
  });
  return [`create table ${name} (id bigint primary key, ${columns})`, ...inserts, `analyze table ${name}`];
}

function contentOf(shape: Table['shape']): { columns: string; select: string } {
  switch (shape) {
    case 'narrow':
      return {
        columns: 'cliente varchar(32), referencia varchar(32), importe decimal(12, 2), alta datetime, nota varchar(80)',
        select: `g, left(sha2(g, 224), 32), left(sha2(-g, 224), 32), g * 1.25, timestampadd(second, g, '2025-01-01'),
          case g % 4 when 0 then null when 1 then concat('una nota, con su coma, del cliente ', g) else concat('una nota cualquiera del cliente ', g) end`,
      };
    case 'wide': {
      const numbers = Array.from({ length: WIDE_COLUMNS }, (_, n) => n + 1);
      return {
        columns: numbers.map((n) => `c${n} ${['int', 'varchar(32)', 'decimal(12, 2)'][(n - 1) % 3]}`).join(', '),
        select: `g, ${numbers.map((n) => [`g * ${n} % 100000`, `left(sha2(g + ${n}, 224), 32)`, `(g + ${n}) * 0.5`][(n - 1) % 3]).join(', ')}`,
      };
    }
    case 'large':
      return { columns: 'texto longtext', select: `g, repeat(left(sha2(g, 224), 32), ${LARGE_BYTES / 32})` };
    case 'documents':
      throw new Error('MySQL has no documents here');
    default: {
      const never: never = shape;
      return never;
    }
  }
}
