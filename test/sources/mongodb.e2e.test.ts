import type { Dataset } from '../../jobs/mongodb/src/dataset.ts';
import { mongodb } from '../../jobs/mongodb/src/job.ts';
import { type SourceParts, describeSource } from '../../jobs/kit/src/testing/source-conformance.ts';
import { MongoServer } from '../support/mongo-server.ts';
import { batches, newName } from './support.ts';

/**
 * A filter that takes a server minutes, out of what MongoDB and DocumentDB both know: loops within a loop. Little for each document
 * and much for all, since DocumentDB can't be interrupted within one.
 */
const INNER_LOOP = { $size: { $filter: { input: { $range: [0, 300] }, as: 'x', cond: { $gt: ['$$x', -1] } } } };
const OUTER_LOOP = { $reduce: { input: { $range: [0, { $add: [{ $mod: ['$id', 7] }, 300] }] }, initialValue: 0, in: { $add: ['$$value', INNER_LOOP] } } };
const SLOW = { $expr: { $lt: [OUTER_LOOP, 0] } };

describeSource('mongodb, on a replica set', async (): Promise<SourceParts<Dataset>> => {
  const server = await MongoServer.start('replica set');
  return {
    job: mongodb,
    settings(database) {
      const { host, port, user, password } = server.fromHere;
      return { MONGO_HOST: host, MONGO_PORT: String(port), MONGO_USER: user, MONGO_PASSWORD: password, MONGO_DATABASE: database };
    },
    variables: { host: 'MONGO_HOST', port: 'MONGO_PORT', password: 'MONGO_PASSWORD' },
    // A database comes into being with its first collection.
    createDatabase: async () => newName(),
    async createTable(database, table) {
      await server.using(database, (db) => db.createCollection(table));
    },
    async insert(database, table, rows) {
      await server.using(database, async (db) => {
        for (const batch of batches(rows)) await db.collection(table).insertMany(batch.map((row) => ({ ...row })));
      });
    },
    async empty(database, table) {
      await server.using(database, (db) => db.collection(table).deleteMany({}));
    },
    dataset: (table, columns) => ({ collection: table, ...(columns === undefined ? {} : { columns: [...columns] }) }),
    slowDataset: (table) => ({ collection: table, columns: ['id'], filter: SLOW }),
    missingColumn: 'null',
    hostile: { table: 'ta,bla "rara" `ñ` %s', columns: ['co,l', 'com"illas', 'línea\nnueva', "l'eau", 'SELECT', ' '] },
    active: (name) => server.operationsOf(name),
    kill: () => server.kill(),
    restart: () => server.restart(),
    cleanUp: () => server.stop(),
  };
});
