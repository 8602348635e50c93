import { type Settings, parseSettings } from '@esclusa/kit';
import { z } from 'zod';

const text = z.string().min(1);

/** How to reach the database, under the seed's names; `MONGO_URL` stands for host, port, user, password and TLS together. */
const settingsSchema = z
  .object({
    MONGO_URL: z
      .string()
      .regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb:// or mongodb+srv://')
      .optional(),
    MONGO_HOST: text.optional(),
    MONGO_PORT: z.coerce.number().int().min(1).max(65_535).default(27_017),
    MONGO_USER: z.string().default(''),
    MONGO_PASSWORD: z.string().default(''),
    MONGO_DATABASE: text,
    MONGO_AUTH_SOURCE: text.default('admin'),
    MONGO_SSLMODE: z.enum(['disable', 'require', 'verify-full']).default('disable'),
    MONGO_CONSISTENCY: z.enum(['prefer', 'require']).default('prefer'),
  })
  .superRefine(
    (settings, context) => {
      if (settings.MONGO_HOST !== undefined || settings.MONGO_URL !== undefined) return;
      context.addIssue({ code: 'custom', path: ['MONGO_HOST'], message: 'is not set, and neither is MONGO_URL' });
    },
    // Also beside other problems, so that all of them are told at once.
    { when: () => true },
  );
export type MongoSettings = z.infer<typeof settingsSchema>;

/** Reads the connection's settings; every problem is listed with its variable. */
export function readSettings(settings: Settings): MongoSettings {
  return parseSettings(settingsSchema, settings);
}
