import { type Settings, parseSettings } from '@esclusa/kit';
import { z } from 'zod';

const text = z.string().min(1);

/** How to reach the database, under the seed's names. */
const settingsSchema = z.object({
  MYSQL_HOST: text,
  MYSQL_PORT: z.coerce.number().int().min(1).max(65_535).default(3306),
  MYSQL_USER: text,
  MYSQL_PASSWORD: z.string().default(''),
  MYSQL_DATABASE: text,
  MYSQL_SSLMODE: z.enum(['disable', 'prefer', 'require', 'verify-full']).default('prefer'),
});
export type MysqlSettings = z.infer<typeof settingsSchema>;

/** Reads the connection's settings; every problem is listed with its variable. */
export function readSettings(settings: Settings): MysqlSettings {
  return parseSettings(settingsSchema, settings);
}
