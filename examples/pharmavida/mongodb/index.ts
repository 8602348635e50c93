import type { Bson, Document } from './bson.ts';
import { MEDICOS, medicos } from './medicos.ts';
import { RECETAS, recetas } from './recetas.ts';

export type { Bson, Document } from './bson.ts';

/** One collection of PharmaVida's MongoDB: how many documents it has, and the documents themselves, the same at every call. */
export interface Collection {
  readonly name: string;
  readonly count: number;
  readonly documents: (bson: Bson) => Iterable<Document>;
}

/** PharmaVida's MongoDB. Give `documents` the constructors of the driver that loads them: `documents(mongodb)`. */
export const collections: readonly Collection[] = [
  { name: 'medicos', count: MEDICOS, documents: medicos },
  { name: 'recetas', count: RECETAS, documents: recetas },
];
