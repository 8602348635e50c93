import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { LineCounter, parseDocument, isMap, isNode, type Document, type YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { protoKeyIn } from '../proto-key.ts';
import { type Pipeline, type PipelineFile, type PipelineProblem, pipelineFileSchema, pipelineNameSchema } from './pipeline.ts';
import { nestingProblem } from './nesting.ts';
import { readPipelineFile } from './read-file.ts';

/** What a folder of pipelines holds: those that could be read, and every problem of the others. */
export interface PipelineFolder {
  readonly pipelines: Pipeline[];
  readonly problems: PipelineProblem[];
  /** True if the folder itself could not be read, so that nothing is known of its files. */
  readonly unread?: boolean;
}

/** Names of the files of a folder that are taken for pipelines, sorted. */
export async function pipelineFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => ['.yaml', '.yml'].includes(extname(file))).toSorted();
}

/** Reads every `*.yaml` of a folder; problems are collected over all files, not thrown at the first. */
export async function readPipelines(folder: string): Promise<PipelineFolder> {
  let files: string[];
  try {
    files = await pipelineFiles(folder);
  } catch (cause) {
    const message = `the folder can't be read (${(cause as Error).message}); set PIPELINES_DIR`;
    return { pipelines: [], problems: [{ file: folder, line: 1, field: '', message }], unread: true };
  }
  const all: PipelineFolder = { pipelines: [], problems: [] };
  for (const file of files) {
    const path = join(folder, file);
    const found = await readPipelineFile(path);
    const read = 'problem' in found ? [{ file: path, line: 1, field: '', message: found.problem }] : parsePipeline(path, found.text);
    if (Array.isArray(read)) all.problems.push(...read);
    else if (all.pipelines.some(({ name }) => name === read.name)) {
      all.problems.push({ file: read.file, line: 1, field: '', message: 'another file of the same name, but for its ending, stands beside it' });
    } else all.pipelines.push(read);
  }
  return all;
}

// A cron expression is the usual case.
const NEEDS_QUOTES: ReadonlySet<string> = new Set(['BAD_ALIAS', 'BAD_SCALAR_START']);

/** Reads one pipeline, or says everything that is wrong with it. */
export function parsePipeline(file: string, text: string): Pipeline | PipelineProblem[] {
  const deep = nestingProblem(text);
  if (deep !== undefined) return [{ file, line: 1, field: '', message: deep }];
  const lines = new LineCounter();
  let document: Document;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  } catch (error) {
    // Nesting that the parser's stack does not hold.
    return [{ file, line: 1, field: '', message: `not valid YAML: ${(error as Error).message}` }];
  }
  if (document.errors.length > 0) {
    // One for each line: what follows the first is mostly the same mistake again.
    const first = new Map<number, YAMLParseError>();
    for (const error of document.errors) {
      const { line } = lines.linePos(error.pos[0]);
      if (!first.has(line)) first.set(line, error);
    }
    return [...first].map(([line, { code, message }]) => {
      const mend = NEEDS_QUOTES.has(code) || / alias /.test(message) ? `; put a value that begins with *, &, @, % or \` in quotes` : '';
      return { file, line, field: '', message: `not valid YAML: ${message}${mend}` };
    });
  }
  const lineOf = (path: readonly PropertyKey[]): number => lineOfField(document, lines, path);
  const name = basename(file, extname(file));
  const named = pipelineNameSchema.safeParse(name);
  if (!named.success) return [{ file, line: 1, field: '', message: `the file's name: ${named.error.issues[0]?.message}` }];
  let values: unknown;
  try {
    values = document.toJS();
  } catch (error) {
    // An alias without its anchor, or aliases that would grow beyond all bounds.
    return [{ file, line: 1, field: '', message: `not valid YAML: ${(error as Error).message}` }];
  }
  const proto = protoKeyIn(values);
  if (proto !== undefined) return [{ file, line: lineOf(proto), field: proto.join('.'), message: 'nothing may have this name; choose another one' }];
  const parsed = pipelineFileSchema.safeParse(values);
  if (parsed.success) return { ...parsed.data, datasets: withDefaults(parsed.data), name, file, lineOf, placeOf: (path) => placeOf(parsed.data, path) };
  return parsed.error.issues.flatMap((issue) => {
    // An unknown key is reported at the key itself, not at the map that holds it.
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ file, line: lineOf(path), field: path.join('.'), message: describe(issue) }));
  });
}

/** The datasets, each with the defaults that it does not set itself. */
function withDefaults({ defaults, datasets }: PipelineFile): PipelineFile['datasets'] {
  return Object.fromEntries(Object.entries(datasets).map(([name, options]) => [name, { ...defaults, ...options }]));
}

function placeOf({ defaults, datasets }: PipelineFile, path: readonly PropertyKey[]): readonly PropertyKey[] {
  const [top, name, field, ...rest] = path;
  if (top !== 'datasets' || name === undefined || field === undefined) return path;
  const isDefault = Object.hasOwn(defaults, field) && !Object.hasOwn(datasets[String(name)] ?? {}, field);
  return isDefault ? ['defaults', field, ...rest] : path;
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'unknown field';
  // What is wrong with a key stands inside; the issue itself says "Invalid key in record".
  return (issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined) ?? issue.message;
}

function lineOfField(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const pair = isMap(parent) ? parent.items.find((item) => isNode(item.key) && String(item.key) === String(last)) : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
