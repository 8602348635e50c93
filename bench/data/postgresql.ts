import { LARGE_BYTES, type Table, WIDE_COLUMNS } from './tables.ts';

/** The SQL that makes a table in PostgreSQL, with its primary key and fresh statistics. */
export function postgresqlStatements({ name, shape, rows }: Table): string[] {
  return [
    `create table ${name} as select ${selectOf(shape)} from generate_series(1, ${rows}) as g`,
    `alter table ${name} add primary key (id)`,
    `vacuum analyze ${name}`,
  ];
}

function selectOf(shape: Table['shape']): string {
  switch (shape) {
    case 'narrow':
      return `g::bigint as id, md5(g::text) as cliente, md5((-g)::text) as referencia, (g * 1.25)::numeric(12, 2) as importe,
        timestamp '2025-01-01' + g * interval '1 second' as alta,
        case g % 4 when 0 then null when 1 then 'una nota, con su coma, del cliente ' || g else 'una nota cualquiera del cliente ' || g end as nota`;
    case 'wide':
      return `g::bigint as id, ${columns((n) => [`(g * ${n} % 100000)::int`, `md5((g + ${n})::text)`, `((g + ${n}) * 0.5)::numeric(12, 2)`])}`;
    case 'large':
      return `g::bigint as id, repeat(md5(g::text), ${LARGE_BYTES / 32}) as texto`;
    case 'documents':
      throw new Error('PostgreSQL has no documents here');
    default: {
      const never: never = shape;
      return never;
    }
  }
}

/** Columns of a wide table, by turns of the three kinds. */
function columns(kinds: (n: number) => readonly string[]): string {
  return Array.from({ length: WIDE_COLUMNS }, (_, n) => `${kinds(n + 1)[n % 3]} as c${n + 1}`).join(', ');
}
