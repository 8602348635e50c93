import type Docker from 'dockerode';
import { docker } from '../support/docker.ts';
import type { TestBucket } from '../support/s3.ts';
import { SESSION_LABEL, session, unique } from '../support/stack.ts';

const TEXT = "not the gateway's";

/** Things of somebody else's, as close to a gateway's own as they can be: nothing may happen to them. */
export class Strangers {
  readonly uploadId: string;
  readonly keys: readonly string[];
  readonly #bucket: TestBucket;
  readonly #container: Docker.Container;

  private constructor(bucket: TestBucket, container: Docker.Container, uploadId: string, keys: readonly string[]) {
    this.#bucket = bucket;
    this.#container = container;
    this.uploadId = uploadId;
    this.keys = keys;
  }

  /** Puts them there: a container of another installation, an object beside the data of a pipeline, an open upload on a longer key. */
  static async plant(bucket: TestBucket, image: string, pipeline: string): Promise<Strangers> {
    const installation = unique('stranger');
    const container = await docker.createContainer({
      Image: image,
      Labels: { 'esclusa.installation': installation, 'esclusa.run': 'ended', 'esclusa.attempt': '1', 'esclusa.mode': 'run', [SESSION_LABEL]: session() },
    });
    const key = `${pipeline}/${pipeline}_mine.csv`;
    await bucket.put(key, TEXT);
    const uploadId = await bucket.plantUpload(`${key}.bak`);
    return new Strangers(bucket, container, uploadId, [key]);
  }

  /** What happened to them; empty when nothing did. */
  async harmed(): Promise<string[]> {
    const harmed: string[] = [];
    const exists = await this.#container.inspect().then(
      () => true,
      () => false,
    );
    if (!exists) harmed.push("a stranger's container is gone");
    for (const key of this.keys) {
      const text = await this.#bucket.text(key).catch(() => undefined);
      if (text !== TEXT) harmed.push(`a stranger's object ${key} is gone or changed`);
    }
    if (!(await this.#bucket.uploads()).some(({ uploadId }) => uploadId === this.uploadId)) harmed.push("a stranger's upload is gone");
    return harmed;
  }

  async clear(): Promise<void> {
    await this.#container.remove({ force: true }).catch(() => undefined);
  }
}
