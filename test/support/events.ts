/** A server-sent event. */
export interface ServerSentEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Reads a stream of events to its end. */
export async function readEvents(url: string, lastEventId?: string): Promise<ServerSentEvent[]> {
  const response = await fetch(url, { headers: lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId } });
  const type = response.headers.get('content-type');
  if (type?.startsWith('text/event-stream') !== true) throw new Error(`no events but ${type}: ${await response.text()}`);
  const blocks = (await response.text()).split('\n\n').filter((block) => block !== '' && !block.startsWith(':'));
  return blocks.map((block) => {
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]));
    const id = fields.get('id');
    return { event: fields.get('event') ?? '', data: JSON.parse(fields.get('data') ?? '{}') as Record<string, unknown>, ...(id === undefined ? {} : { id }) };
  });
}
