import { describe, expect, test } from '@jest/globals';
import { BSON, BSONRegExp, BSONSymbol, Code, type Document, ObjectId } from 'mongodb';
import { byPaths } from './cells.ts';
import { parsePath } from './paths.ts';
import { type ReadRaw, readRaw } from './testing/read-raw.ts';

const ID = new ObjectId('65a000000000000000000001');
// Four bytes that a test may put others in the place of.
const MARK = 'MARK';

/** A document's bytes with others wherever the mark stands: by default with one that is no UTF-8. */
function broken(document: Document, others = Buffer.from([0x61, 0xff, 0x62, 0x63])): Uint8Array {
  const bytes = Buffer.from(BSON.serialize(document));
  for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK)) others.copy(bytes, at);
  return bytes;
}

const read = (documents: readonly Uint8Array[], columns: readonly string[], strict = false): Promise<ReadRaw> =>
  readRaw(documents, columns, byPaths(columns.map(parsePath)), strict);

describe('bytes of a text that are no UTF-8', () => {
  test.each<[string, unknown, string]>([
    ['a text', MARK, 'a\ufffdbc'],
    ['within documents and arrays', { a: [{ b: MARK }] }, '"{""a"":[{""b"":""a\ufffdbc""}]}"'],
    ['a nested field’s name', { MARK: 'x' }, '"{""a\ufffdbc"":""x""}"'],
    ['code', new Code(MARK), '"{""$code"":""a\ufffdbc""}"'],
    ['code with a scope', new Code(MARK, { x: 'y' }), '"{""$code"":""a\ufffdbc"",""$scope"":{""x"":""y""}}"'],
    ['the scope of code', new Code('f()', { x: MARK }), '"{""$code"":""f()"",""$scope"":{""x"":""a\ufffdbc""}}"'],
    ['a symbol', new BSONSymbol(MARK), '"{""$symbol"":""a\ufffdbc""}"'],
    ['a regular expression', new BSONRegExp(MARK, 'i'), '"{""$regularExpression"":{""pattern"":""a\ufffdbc"",""options"":""i""}}"'],
  ])('%s: each is U+FFFD, and counted', async (_, v, written) => {
    const { csv, losses } = await read([BSON.serialize({ _id: ID, v: 'bien' }), broken({ _id: ID, v })], ['_id', 'v']);
    expect(csv).toBe(`${ID.toHexString()},bien\n${ID.toHexString()},${written}\n`);
    expect([losses.count('_id'), losses.count('v')]).toEqual([0, 1]);
  });

  test('in a field whose own name has dots', async () => {
    const { csv, losses } = await read([broken({ 'a.b': MARK })], ['a.b']);
    expect([csv, losses.count('a.b')]).toEqual(['a\ufffdbc\n', 1]);
  });

  test('what was U+FFFD at the source is no loss, whatever another field holds', async () => {
    const { csv, losses } = await read([broken({ v: 'a\ufffdb', w: MARK })], ['v']);
    expect([csv, losses.count('v')]).toEqual(['a\ufffdb\n', 0]);
  });

  test('strict mode refuses the document by its _id', async () => {
    const documents = [BSON.serialize({ v: 'bien' }), broken({ _id: ID, v: MARK })];
    await expect(read(documents, ['v'], true)).rejects.toMatchObject({
      code: 'VALUE_LOSSY',
      details: { dataset: 'pacientes', row: 2, key: { _id: ID.toHexString() }, column: 'v' },
    });
  });
});

/** A document's bytes with `otra` wherever the mark stands. */
const twice = (document: Document): Uint8Array => broken(document, Buffer.from('otra'));

describe('a field that a document has twice', () => {
  test('the last one is in the file, and the value counts as lossy', async () => {
    const { csv, losses } = await read([twice({ otra: 1, b: 2, [MARK]: 3 }), BSON.serialize({ otra: 4 })], ['otra', 'b']);
    expect([csv, losses.count('otra'), losses.count('b')]).toEqual(['3,2\n4,\n', 1, 0]);
    expect(losses.reasons).toEqual(['otra: is of a document that has a field twice, of which only the last is in the file']);
  });

  test('so within documents and on a path, and not where it is not read', async () => {
    const { csv, losses } = await read([twice({ d: { otra: { x: 1 }, [MARK]: { x: 2 }, b: 3 } })], ['d', 'd.otra.x', 'd.b']);
    expect(csv).toBe('"{""otra"":{""x"":2},""b"":3}",2,3\n');
    expect(['d', 'd.otra.x', 'd.b'].map((name) => losses.count(name))).toEqual([1, 1, 0]);
  });

  test('a value that lost something in two ways counts once', async () => {
    const bytes = Buffer.from(BSON.serialize({ d: { otra: 'QUIT', MARK: 1 } }));
    Buffer.from('otra').copy(bytes, bytes.indexOf(MARK));
    bytes[bytes.indexOf('QUIT')] = 0xff;
    const { losses } = await read([bytes], ['d']);
    expect(losses.count('d')).toBe(1);
  });

  test('strict mode refuses it', async () => {
    await expect(read([twice({ _id: ID, otra: 1, [MARK]: 3 })], ['otra'], true)).rejects.toMatchObject({
      code: 'VALUE_LOSSY',
      details: { row: 1, key: { _id: ID.toHexString() }, column: 'otra' },
    });
  });
});

test('a field whose own name is no UTF-8 is lossy in every document that has it', async () => {
  const { csv, losses } = await read([broken({ MARK: 'x' }), BSON.serialize({ y: 1 })], ['a\ufffdbc']);
  expect([csv, losses.count('a\ufffdbc')]).toEqual(['x\n\n', 1]);
});

test('documents of many shapes are read alike, whatever stood before them', async () => {
  const documents = Array.from({ length: 6_000 }, (_, n) => ({ [`campo ${n}`]: n, n, d: { [`x${n % 7}`]: n } }));
  const { csv } = await read(
    documents.map((document) => BSON.serialize(document)),
    ['n', 'd'],
  );
  expect(csv).toBe(documents.map(({ n }) => `${n},"{""x${n % 7}"":${n}}"\n`).join(''));
});
