import { type Settings, parseSettings } from '@esclusa/kit';
import { z } from 'zod';

const text = z.string().min(1);

/** How to reach the database, under the seed's names. */
const settingsSchema = z.object({
  POSTGRES_HOST: text,
  POSTGRES_PORT: z.coerce.number().int().min(1).max(65_535).default(5432),
  POSTGRES_USER: text,
  POSTGRES_PASSWORD: z.string().default(''),
  POSTGRES_DATABASE: text,
  POSTGRES_SSLMODE: z.enum(['disable', 'prefer', 'require', 'verify-full']).default('prefer'),
});
export type PostgresSettings = z.infer<typeof settingsSchema>;

/** Reads the connection's settings; every problem is listed with its variable. */
export function readSettings(settings: Settings): PostgresSettings {
  return parseSettings(settingsSchema, settings);
}
