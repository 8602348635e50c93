import { JobError } from '@esclusa/contract';
import { type Binary, BSON, type Code, type DBRef, type Decimal128, type Double, type Int32, type Long, type ObjectId } from 'mongodb';
import { isDocument } from './paths.ts';

/** How documents are read: every number as its own type, so that none is rounded; bytes of a text that are no UTF-8 become U+FFFD, which the reader counts. */
export const READ_OPTIONS = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true, validation: { utf8: false } } as const;

const UUID_SUBTYPE = 4;
// Extended JSON writes a date as text from 1970 to 9999, else as milliseconds.
const FIRST_TEXT_DATE = 0;
const LAST_TEXT_DATE = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Whether bytes are a UUID, which is written as one. */
export function isUuid({ sub_type: subtype, position }: Pick<Binary, 'sub_type' | 'position'>): boolean {
  return subtype === UUID_SUBTYPE && position === 16;
}

type Typed = { readonly _bsontype: string };

/** Text of a CSV field; null for NULL. Every rule on how a BSON value is written stands in this file. */
export function cellText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return null;
      if (value instanceof Date) return dateText(value);
      if ('_bsontype' in value) return typedText(value as Typed);
      return json(value);
    default:
      return json(value);
  }
}

function typedText(value: Typed): string {
  switch (value._bsontype) {
    case 'ObjectId':
      return (value as ObjectId).toHexString();
    case 'Int32':
      return String((value as unknown as Int32).value);
    case 'Long':
    case 'Decimal128':
      return (value as unknown as Long | Decimal128).toString();
    case 'Double':
      return doubleText((value as unknown as Double).value);
    case 'Binary': {
      const binary = value as unknown as Binary;
      return isUuid(binary) ? binary.toUUID().toString() : binary.toString('base64');
    }
    default:
      return json(value);
  }
}

/** The shortest text that reads back to the same double: `-0`, `NaN`, `Infinity` and `-Infinity` among them. */
function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** ISO 8601 in UTC with milliseconds; years before 0 and after 9999 have a sign and six digits. */
function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) {
    throw new JobError('QUERY_FAILED', 'a date lies beyond what can be written (some 270,000 years from 1970); leave the document out by "filter", or mend it');
  }
  return date.toISOString();
}

/**
 * Relaxed Extended JSON (https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md), but for one
 * thing: 64-bit integers have all their digits, where the driver's own writer rounds them to a double.
 */
function json(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return '{"$undefined":true}';
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  if (value instanceof Date) return dateJson(value);
  if (isDocument(value)) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${json(item)}`)
      .join(',')}}`;
  }
  const typed = value as Typed;
  if (typed._bsontype === 'Long' || typed._bsontype === 'Int32') return typedText(typed);
  if (typed._bsontype === 'Double') {
    const { value: number } = value as Double;
    // A number of JSON has no such values.
    if (!Number.isFinite(number)) return `{"$numberDouble":"${number}"}`;
    return Object.is(number, -0) ? '-0.0' : JSON.stringify(number);
  }
  // What documents lie in must not be left to the driver's writer either.
  if (typed._bsontype === 'DBRef') {
    const { collection, oid, db, fields } = value as unknown as DBRef;
    return json({ $ref: collection, $id: oid, ...(db === undefined ? {} : { $db: db }), ...fields });
  }
  if (typed._bsontype === 'Code') {
    const { code, scope } = value as unknown as Code;
    return json({ $code: code, ...(scope === null ? {} : { $scope: scope }) });
  }
  return BSON.EJSON.stringify(value, { relaxed: true });
}

function dateJson(date: Date): string {
  const time = date.getTime();
  if (time >= FIRST_TEXT_DATE && time <= LAST_TEXT_DATE) return `{"$date":"${date.toISOString()}"}`;
  dateText(date);
  return `{"$date":{"$numberLong":"${time}"}}`;
}
