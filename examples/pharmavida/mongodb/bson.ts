import type { Decimal128, Long, ObjectId } from 'mongodb';

/** The constructors of the `mongodb` (or `bson`) package that loads the documents: each package's values are its own classes. */
export interface Bson {
  readonly ObjectId: new (hex: string) => ObjectId;
  readonly Decimal128: { fromString(text: string): Decimal128 };
  readonly Long: { fromString(text: string): Long };
}

/** A document as the driver takes it. */
export type Document = Record<string, unknown> & { readonly _id: ObjectId };

/** Id of document `n` of a collection; `first` tells collections apart. */
export function objectId(bson: Bson, first: string, n: number): ObjectId {
  return new bson.ObjectId(`${first}${n.toString(16).padStart(24 - first.length, '0')}`);
}

/** An amount of money in céntimos as soles, exactly. */
export function soles(bson: Bson, centimos: number): Decimal128 {
  return bson.Decimal128.fromString(`${Math.floor(centimos / 100)}.${String(centimos % 100).padStart(2, '0')}`);
}
