import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSON, type Document, Double, Int32, ObjectId } from 'mongodb';
import { byPaths } from '../cells.ts';
import { Discovery } from '../discover.ts';
import { parsePath } from '../paths.ts';
import { NAME, VALUE } from '../testing/any-value.ts';
import { readRaw } from '../testing/read-raw.ts';
import { levelOf } from './tree.ts';
import { Places, walk } from './walk.ts';

// readRaw reads each of these by the fast way and by the slow one, and throws where anything that comes of it differs.

const PATHS = ['a', 'b', 'a.b', 'a.b.a', 'b.a', 'c', 'a.0', 'a.1.b', 'ñ', 'c.b', 'a.b.c', 'd'];
/** Few names, so that paths lead somewhere, twice at times, and own names have dots. */
const FEW = fc.constantFrom('a', 'b', 'c', 'd', 'ñ', '0', 'a.b', 'b.a');
const { value: TREE } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    VALUE,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.uniqueArray(fc.tuple(FEW, tie('value')), { maxLength: 5, selector: ([name]) => name }).map((fields) => new Map(fields)),
  ),
}));
const DOCUMENT = fc.uniqueArray(fc.tuple(fc.oneof(FEW, FEW, NAME), TREE), { maxLength: 7, selector: ([name]) => name }).map((fields) => new Map(fields));
const DOCUMENTS = fc.array(DOCUMENT, { maxLength: 6 }).map((documents) => documents.map((document) => Buffer.from(BSON.serialize(document))));

/** Documents of which some bytes are others: names come twice, texts are no UTF-8, much is no BSON any more. */
const DAMAGED = fc
  .tuple(DOCUMENTS, fc.array(fc.tuple(fc.nat(), fc.nat(), fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 0x61, 0x62, 0xc3, 0xff), fc.nat(255))), { maxLength: 3 }))
  .map(([documents, damages]) => {
    for (const [which, where, byte] of damages) {
      const document = documents[which % Math.max(1, documents.length)];
      // Its length stays, so that the next one begins where it does.
      if (document !== undefined && document.length > 5) document[4 + (where % (document.length - 4))] = byte;
    }
    return documents;
  });

const named = (columns: readonly string[]) => byPaths(columns.map(parsePath));

/** Reads by both ways; an error is as good as a file, as long as both say so. */
async function readBoth(...[documents, columns, picker, strict]: Parameters<typeof readRaw>): Promise<void> {
  await readRaw(documents, columns, picker, strict).catch((error: Error) => {
    if (!(error instanceof BSON.BSONError) && !error.message.includes('strict')) throw error;
  });
}

describe('both ways come to the same', () => {
  test('for columns at paths', async () => {
    await fc.assert(
      fc.asyncProperty(DOCUMENTS, fc.subarray(PATHS, { minLength: 1 }), fc.boolean(), (documents, columns, strict) =>
        readBoth(documents, columns, named(columns), strict),
      ),
      { numRuns: 100 },
    );
  });

  test('for documents that are damaged', async () => {
    await fc.assert(
      fc.asyncProperty(DAMAGED, fc.subarray(PATHS, { minLength: 1 }), fc.boolean(), (documents, columns, strict) =>
        readBoth(documents, columns, named(columns), strict),
      ),
      { numRuns: 200 },
    );
  });

  test('for columns that are discovered, of other documents as well', async () => {
    await fc.assert(
      fc.asyncProperty(DOCUMENTS, DAMAGED, fc.boolean(), async (known, others, flatten) => {
        const discovery = new Discovery(flatten);
        known.forEach((document) => discovery.take(document));
        const columns = discovery.columns();
        const names = columns.map(({ name }) => name);
        await readBoth([...known, ...others], names, discovery.pickerOf(columns));
      }),
      { numRuns: 100 },
    );
  });

  test('for more of a text than a loop is for, and JSON that a text is better for', async () => {
    const documents = [127, 128, 129, 10_000, 200_000].flatMap((length) =>
      ['x', 'ñ', '"', ',', '\n', '\u0001'].map((letter) => ({ t: letter.repeat(length), d: { t: letter.repeat(length) }, l: [letter.repeat(length)] })),
    );
    await readRaw(
      documents.map((document) => BSON.serialize(document)),
      ['t', 'd', 'l'],
      named(['t', 'd', 'l']),
    );
  });
});

/** Whether the fast way takes a document. */
function isTaken(document: Document, paths: readonly string[]): boolean {
  return walk(Buffer.from(BSON.serialize(document)), 0, levelOf(paths.map(parsePath)), new Places(paths.length));
}

test('the fast way is gone for what documents mostly are', () => {
  const document = { _id: new ObjectId(), n: new Int32(1), d: { calle: 'Sol', geo: { x: new Double(0.5) } }, lista: [{ n: 1 }], 'otro.campo': 1, re: /x/i };
  expect(isTaken(document, ['_id', 'n', 'd.calle', 'd.geo.x', 'd', 'lista', 'lista.n', 'nada', 'nada.x'])).toBe(true);
  expect(isTaken(document, ['otro.campo'])).toBe(false);
});

test('nor does it end for documents whose names are data', async () => {
  const documents = Array.from({ length: 300 }, (_, n) => Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`clave ${n} ${index}`, index])));
  const { csv } = await readRaw(
    documents.map((fields, n) => BSON.serialize({ n, fields })),
    ['n', 'fields'],
    named(['n', 'fields']),
  );
  expect(csv.split('\n')).toHaveLength(301);
  expect(csv.startsWith('0,"{""clave 0 0"":0,')).toBe(true);
});
