/** What every job of ours shares: the life of a job by the contract, the CSV rules, and the two-phase publication to S3. */
export { type ChosenColumns, chooseColumns } from './choose-columns.ts';
export { CsvWriter } from './csv-writer.ts';
export { csvField, csvRecord } from './csv.ts';
export { nameDatasets } from './dataset-names.ts';
export type { DatasetReader, Job, PlannedDataset, Settings, SourceContext, SourceSession } from './job.ts';
export type { JobOutput } from './output.ts';
export { runJob } from './run-job.ts';
export { isSensitiveColumn } from './sensitive-columns.ts';
export { parseSettings } from './settings.ts';
export { within } from './within.ts';
export { type SqlDataset, sqlDatasetSchema } from './sql-dataset.ts';
