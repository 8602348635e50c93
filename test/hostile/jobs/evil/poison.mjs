// Uses its S3 credentials on what is not its own: the calls are in its options, `{run}`, `{commit}` and `{key}` in them are its own.
import { commit, honestManifest, writeFiles } from './publish.mjs';
import { s3 } from './s3.mjs';
import { leave, request, result, say } from './world.mjs';

function filled(text) {
  const own = { '{run}': request.run, '{commit}': request.destination.commitKey, '{key}': Object.values(request.destination.keys)[0] };
  return Object.entries(own).reduce((text, [name, value]) => text.replaceAll(name, value), text);
}

/** Behaviours by name, each a series of calls that a job can make on the bucket. */
export const poison = {
  /** Makes the calls, then succeeds; `tell`: fails instead, and tells each call's status. */
  poison: async ({ calls, tell = false }, known) => {
    const statuses = [];
    for (const { call, ...named } of calls) {
      const { method, key = '', body = '', query = {}, headers = {} } = call;
      const { status } = await s3(known, { method, key: filled(key), body: filled(body), query, headers });
      statuses.push({ ...named, status });
    }
    if (tell) {
      await say({ type: 'error', code: 'TOLD', message: 'what S3 said', retryable: false, details: { statuses } });
      leave(77);
    }
    await writeFiles(known);
    await commit(known, honestManifest());
    await result();
    leave();
  },
};
