/** What every job of ours shares: the life of a job by the contract, the CSV rules, the manifest, and the two-phase publication to S3. */
export { type ChosenColumns, type WantedColumns, chooseColumns, wholeKey } from './columns/choose-columns.ts';
export { isSensitiveColumn } from './columns/sensitive-columns.ts';
export type { SourceColumn, ValueType } from './columns/value-type.ts';
export { csvField, csvRecord } from './csv/rules.ts';
export { CsvWriter } from './csv/writer.ts';
export { nameDatasets } from './dataset-names.ts';
export type { DatasetReader, Job, PlannedDataset, Settings, SourceContext, SourceSession } from './job.ts';
export { letGo } from './let-go.ts';
export { Losses, type LossyRow, NO_UTF8 } from './losses.ts';
export { columnsOrExclude, datasetOptions } from './options/dataset-options.ts';
export { type SqlDataset, isWholeQuery, restOfSelect, sqlDatasetSchema } from './options/sql-dataset.ts';
export type { JobOutput } from './output.ts';
export { RANGE_BYTES, type RangeReader, type Ranges, readInOrder } from './ranges/in-order.ts';
export { READ_ALONE_BYTES, readersWanted } from './ranges/readers.ts';
export { runJob } from './run-job.ts';
export { parseSettings } from './settings.ts';
export { type WasmGlobal, type WasmMemory, ensureBytes, instantiate } from './wasm.ts';
export { within } from './within.ts';
