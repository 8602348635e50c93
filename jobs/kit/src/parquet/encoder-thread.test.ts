import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { encodeBeside } from './encoder-thread.ts';
import type { FromEncoder, ToEncoder } from './messages.ts';

const BEGIN: ToEncoder = { kind: 'begin', options: { codec: 'snappy', rowGroupBytes: 1024, createdBy: 'a test', plain: [] } };

/** Says these of one more file; resolves with what is answered until the file's port closes. */
async function said(messages: readonly ToEncoder[], then: (port: MessagePort) => void = () => undefined): Promise<FromEncoder[]> {
  const { port1, port2 } = new MessageChannel();
  const answers: FromEncoder[] = [];
  port1.on('message', (message: FromEncoder) => answers.push(message));
  const closed = once(port1, 'close');
  encodeBeside(port2);
  for (const message of messages) port1.postMessage(message);
  then(port1);
  await closed;
  return answers;
}

test('what goes wrong is told of the file that it goes wrong with, and the thread serves the next one', async () => {
  const wrong = said([BEGIN, { kind: 'batch', bytes: Buffer.from('no stream of Arrow at all') }]);
  const other = said([{ kind: 'end' }]);
  expect(await other).toEqual([{ kind: 'failed', message: 'a file begins with "end"' }]);
  expect(await wrong).toEqual([{ kind: 'failed', message: expect.stringMatching(/./) }]);
  expect(await said([BEGIN], (port) => port.close())).toEqual([]);
  expect(await said([{ kind: 'taken' }, { kind: 'end' }])).toHaveLength(1);
});
