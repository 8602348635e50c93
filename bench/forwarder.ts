import { Wire } from '../jobs/kit/src/testing/source-conformance/wire.ts';

// The query of S3's UploadPart, in the head of its request.
const FIRST_PART = 'partNumber=1&';

/** Stands between jobs and S3, and tells when the first byte of data passes. */
export class Forwarder {
  readonly port: number;
  readonly close: () => Promise<void>;
  readonly #watch: { passed?: (at: number) => void };

  private constructor(wire: Wire, watch: { passed?: (at: number) => void }) {
    this.port = wire.port;
    this.close = () => wire.close();
    this.#watch = watch;
  }

  /** Listens on one address of this host, that of the lab's network, for connections to an S3 on loopback. */
  static async listen(address: string, s3Port: number): Promise<Forwarder> {
    const watch: { passed?: (at: number) => void } = {};
    const onRequest = (chunk: Buffer): void => {
      if (watch.passed === undefined || !chunk.includes(FIRST_PART)) return;
      watch.passed(performance.now());
      delete watch.passed;
    };
    return new Forwarder(await Wire.to('127.0.0.1', s3Port, { address, onRequest }), watch);
  }

  /** When (by `performance.now()`) the next upload's first part begins to come in. */
  firstByte(): Promise<number> {
    return new Promise((resolve) => (this.#watch.passed = resolve));
  }
}
