import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@esclusa/contract';
import { loadLine, ofFiles } from '../support/load.ts';
import type { TestBucket } from '../support/s3.ts';
import { type Books, INITIAL_SALDO, LIMIT, type Size } from './bank.ts';
import { inDuckdb } from '../../jobs/kit/src/testing/duckdb.ts';

/** What a reader of both tables finds. Nothing but the first three may be more than 0 in books of one point in time. */
export interface Findings {
  readonly accounts: number;
  readonly movements: number;
  /** Rows whose id is null or another row's too. */
  readonly doubles: number;
  /** Accounts whose columns don't fit together: half of a change. */
  readonly halves: number;
  /** Accounts whose saldo is not the sum of their movements. */
  readonly unbalanced: number;
  /** Accounts to which movements belong, and which are not there. */
  readonly orphans: number;
  /** By how much the sum of all differs from what it always is. */
  readonly excess: number;
  /** How many accounts there are too many or too few. */
  readonly surplus: number;
}

const LOOK = (size: Size): string => `
  with booked as (select cuenta_id, sum(importe) as importe from movimientos group by cuenta_id)
  select
    (select count(*) from cuentas) as accounts,
    (select count(*) from movimientos) as movements,
    (select count(*) - count(distinct id) from cuentas) + (select count(*) - count(distinct id) from movimientos) as doubles,
    (select count(*) from cuentas where (saldo + reserva = ${LIMIT}) is not true) as halves,
    (select count(*) from cuentas c left join booked b on b.cuenta_id = c.id where c.saldo is distinct from coalesce(b.importe, 0)) as unbalanced,
    (select count(*) from booked b left join cuentas c on c.id = b.cuenta_id where c.id is null) as orphans,
    (select sum(saldo) from cuentas) - ${size.accounts * INITIAL_SALDO} as excess,
    (select count(*) from cuentas) - ${size.accounts} as surplus`;

/** Downloads a run's files and loads them by the manifest's own lines. */
export async function findingsOfRun(bucket: TestBucket, { resources }: Manifest, size: Size): Promise<Findings> {
  return inFolder(async (folder) => {
    const lines: string[] = [];
    for (const resource of resources) {
      const file = join(folder, `${resource.name}.csv`);
      await bucket.download(String(resource.path), file);
      lines.push(ofFiles(loadLine(resource, 'duckdb'), resource, [file]));
    }
    return look(lines, size);
  });
}

export async function findingsOfBooks({ cuentas, movimientos }: Books, size: Size): Promise<Findings> {
  return inFolder(async (folder) => {
    const table = async (name: string, columns: string, rows: Books['cuentas']): Promise<string> => {
      const file = join(folder, `${name}.csv`);
      await writeFile(file, `${columns}\n${rows.map((row) => row.join(',')).join('\n')}\n`);
      return `create table ${name} as select * from read_csv('${file}')`;
    };
    return look([await table('cuentas', 'id,saldo,reserva', cuentas), await table('movimientos', 'id,cuenta_id,importe', movimientos)], size);
  });
}

async function look(load: readonly string[], size: Size): Promise<Findings> {
  return inDuckdb(async (connection) => {
    for (const sql of load) await connection.run(sql);
    const [row = {}] = (await connection.runAndReadAll(LOOK(size))).getRowObjects();
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])) as unknown as Findings;
  });
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'esclusa-consistency-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What is wrong with single rows, which no server may give. */
export function brokenRows({ halves, doubles }: Findings): string[] {
  return named({ 'accounts of which one half is of another time': halves, 'rows that come twice': doubles });
}

/** What is wrong between rows or tables. */
export function brokenBooks({ unbalanced, orphans, excess, surplus }: Findings): string[] {
  return named({
    'accounts whose balance is not the sum of their movements': unbalanced,
    'accounts that have movements and are not there': orphans,
    'off the sum of all money': excess,
    'accounts too many': surplus,
  });
}

function named(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]));
}
