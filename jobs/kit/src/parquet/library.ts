import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { initSync } from 'parquet-wasm/esm';
import packageJson from '../../package.json' with { type: 'json' };

export { Compression, Table, WriterPropertiesBuilder, transformParquetStream } from 'parquet-wasm/esm';
export type { RecordBatch as WasmBatch, WriterProperties } from 'parquet-wasm/esm';

const NAME = 'parquet.wasm';
// Beside the bundle, where scripts/build/bundle.ts puts it; run from source, it is where package.json says.
const BUNDLED = join(import.meta.dirname, 'assets', NAME);

initSync({ module: readFileSync(existsSync(BUNDLED) ? BUNDLED : createRequire(import.meta.url).resolve(packageJson.assets[NAME])) });
