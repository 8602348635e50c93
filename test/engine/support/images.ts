import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JOB_LABEL } from '@esclusa/contract';
import type Docker from 'dockerode';
import { ensureImage } from '../../../scripts/setup/images.ts';

const JOBS = new URL('../jobs', import.meta.url).pathname;

/** Images of the engines' tests, under a prefix that nobody else has. */
export class TestImages {
  readonly prefix = `esclusa-conformance-${randomBytes(4).toString('hex')}`;
  readonly #docker: Docker;
  readonly #built = new Set<string>();

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** Builds the image of a job, from the fixture's program and a folder's job.json; `labelled` as ./build-images.sh does it, else as a plain `docker build`. */
  async build(job: string, { folder = job, labelled = true, at = '/app/', lines = [] as readonly string[] } = {}): Promise<string> {
    const base = await ensureImage('base', () => undefined);
    const context = await mkdtemp(join(tmpdir(), 'esclusa-conformance-'));
    try {
      await cp(join(JOBS, 'conformance/main.mjs'), join(context, 'main.mjs'));
      const text = (await readFile(join(JOBS, folder, 'job.json'), 'utf8')).replace(`"name": "${folder}"`, `"name": "${job}"`);
      await writeFile(join(context, 'job.json'), text);
      await writeFile(join(context, 'Dockerfile'), [`FROM ${base}`, `COPY . ${at}`, `WORKDIR ${at}`, 'CMD ["node", "main.mjs"]', ...lines, ''].join('\n'));
      const name = `${this.prefix}-${job}:latest`;
      // An empty label hides the one that the base image may have.
      const labels = labelled ? { [JOB_LABEL]: JSON.stringify(JSON.parse(text)) } : {};
      const building = await this.#docker.buildImage({ context, src: ['Dockerfile', 'job.json', 'main.mjs'] }, { t: name, labels });
      await new Promise<void>((resolve, reject) => {
        this.#docker.modem.followProgress(building, (error, output: { error?: string }[]) => {
          const failure = error ?? output.find((line) => line.error !== undefined)?.error;
          if (failure) reject(new Error(String(failure)));
          else resolve();
        });
      });
      this.#built.add(name);
      return name;
    } finally {
      await rm(context, { recursive: true });
    }
  }

  async remove(): Promise<void> {
    for (const name of this.#built) await this.#docker.getImage(name).remove({ force: true });
  }
}
