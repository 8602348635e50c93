import { expect } from '@jest/globals';
import type { Resource } from '@esclusa/contract';
import type pg from 'pg';
import type { Dialect } from '../../jobs/kit/src/csv/rules.ts';
import { problemsOfPackage } from '../support/data-package.ts';
import { readCsv } from '../support/csv.ts';
import type { Extracted } from '../support/extract.ts';
import { canonical, fieldsOf, loadIntoDuckdb, loadIntoPostgres } from '../support/load.ts';
import { asPandasTells, loadIntoPandas } from '../support/pandas.ts';

/** Holds a dataset's files to their manifest: the profile takes it, its counts are true, and what readers load by its lines is what is in it. */
export async function expectLoads({ resource, files, text }: Extracted, client: pg.Client): Promise<void> {
  const { header, records } = readCsv(text, dialectOf(resource));
  expect(header).toEqual(fieldsOf(resource).map(({ name }) => name));
  expect(records).toHaveLength(resource.rows);
  const manifest = {
    $schema: 'https://datapackage.org/profiles/2.0/datapackage.json',
    name: 'corpus',
    created: new Date().toISOString(),
    resources: [resource],
  };
  expect(await problemsOfPackage(manifest)).toEqual([]);
  fieldsOf(resource).forEach((field, index) => {
    const values = records.map((record) => record[index] ?? null);
    expect({ column: field.name, ...(field['counts'] as object) }).toMatchObject({
      nulls: values.filter((value) => value === null).length,
      emptyStrings: values.filter((value) => value === '').length,
      lineBreaks: values.filter((value) => value !== null && /[\r\n]/.test(value)).length,
      nulBytes: values.filter((value) => value?.includes('\u0000') === true).length,
    });
  });
  const expected = canonical(resource, records);
  expect({ reader: 'DuckDB', rows: canonical(resource, (await loadIntoDuckdb(resource, files)).rows) }).toEqual({ reader: 'DuckDB', rows: expected });
  const framed = await loadIntoPandas(resource, files);
  if (framed !== undefined) {
    expect({ reader: 'pandas', rows: canonical(resource, framed) }).toEqual({ reader: 'pandas', rows: asPandasTells(resource, expected) });
  }
  if (records.some((record) => record.some((value) => value?.includes('\u0000')))) return;
  const loaded = canonical(resource, await loadIntoPostgres(client, resource, files));
  // A table has no order.
  expect({ reader: 'PostgreSQL', rows: sorted(loaded) }).toEqual({ reader: 'PostgreSQL', rows: sorted(expected) });
}

/** How a file is written, as its manifest says. */
function dialectOf(resource: Resource): Pick<Dialect, 'delimiter' | 'nullToken' | 'bom'> {
  const { delimiter, nullSequence: nullToken = '' } = resource['dialect'] as { delimiter: Dialect['delimiter']; nullSequence?: string };
  return { delimiter, nullToken, bom: resource['bom'] === true };
}

function sorted(rows: (string | null)[][]): string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

/** A session of PostgreSQL that spells values as ours do. */
export async function spellAlike(client: pg.Client): Promise<void> {
  for (const setting of [
    "time zone 'UTC'",
    "datestyle = 'ISO, YMD'",
    "intervalstyle = 'iso_8601'",
    'extra_float_digits = 1',
    "bytea_output = 'hex'",
    "lc_monetary = 'C'",
  ]) {
    await client.query(`set ${setting}`);
  }
}
