import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Decimal128, BSON, Long, ObjectId } from 'mongodb';
import { collections } from './index.ts';
import { NAMES, SURNAMES } from './people.ts';
import { DOSES, FORMS, SUBSTANCES } from './products.ts';

const sql = (database: string): string => readFileSync(new URL(`../${database}/02-data.sql`, import.meta.url), 'utf8');
/** The string literals between two words of a text. */
function literals(text: string, from: string, to: string): string[] {
  const start = text.indexOf(from);
  expect(start).toBeGreaterThanOrEqual(0);
  const part = text.slice(start + from.length, text.indexOf(to, start));
  return [...part.matchAll(/'((?:[^']|'')*)'/g)].map(([, word]) => (word ?? '').replaceAll("''", "'"));
}

describe('PharmaVida', () => {
  test('has as many documents as it says, with ids of their own, and the same on every machine', () => {
    const hashes = collections.map(({ name, count, documents }) => {
      const hash = createHash('sha256');
      const ids = new Set<string>();
      for (const document of documents({ Decimal128, Long, ObjectId })) {
        ids.add(document._id.toHexString());
        hash.update(BSON.serialize(document));
      }
      expect(ids.size).toBe(count);
      return `${name} ${hash.digest('hex').slice(0, 16)}`;
    });
    // Benchmarks and tests of other days compare with these documents: who changes them changes these lines knowingly.
    expect(hashes).toEqual(['medicos e3e0e4f4de2c95a2', 'recetas d0363c1c6433fbfb']);
  });

  test("has the words of MySQL's users, in their order", () => {
    const mysql = sql('mysql');
    const words = (table: string): string[] => literals(mysql, `insert into ${table} (texto, correo) values`, ';').filter((_, at) => at % 2 === 0);
    expect(words('nombres')).toEqual([...NAMES]);
    expect(words('apellidos')).toEqual([...SURNAMES]);
  });

  test("has the words of PostgreSQL's products, in their order, as MySQL's purchases have", () => {
    const postgresql = sql('postgresql');
    const products = [
      literals(postgresql, 'select array[', '] as principios'),
      literals(postgresql, 'as principios', '] as formas'),
      literals(postgresql, 'as formas', '] as dosis'),
    ];
    expect(products).toEqual([SUBSTANCES, FORMS, DOSES]);
    const words = literals(sql('mysql'), 'insert into productos_pg', 'from numeros').filter((word) => ![' ', ' (', ') Nº '].includes(word));
    expect(words).toEqual([...SUBSTANCES, ...DOSES, ...FORMS]);
  });
});
