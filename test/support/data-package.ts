import { readFile } from 'node:fs/promises';
import { Ajv, type ValidateFunction } from 'ajv';

let validate: ValidateFunction | undefined;

/** What the profile of Data Package v2 says against a document; nothing where it takes it. */
export async function problemsOfPackage(document: unknown): Promise<unknown[]> {
  if (validate === undefined) {
    const profile: object = JSON.parse(await readFile(new URL('../profiles/datapackage-2.0.json', import.meta.url), 'utf8'));
    validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(profile);
  }
  return validate(document) ? [] : (validate.errors ?? []);
}
