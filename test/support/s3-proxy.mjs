// A proxy before S3 with a breakpoint: it holds one request, before it is forwarded or before its answer is given, until it is
// told what to do. Runs in a container on the test network; the control port is published on loopback.
//   PUT  /breakpoint {"operation":"UploadPart","when":"after","nth":2}
//   GET  /breakpoint → {"hit":true}
//   POST /release {"action":"forward"|"drop"}
import http from 'node:http';

const target = new URL(process.env.TARGET);
let breakpoint;
let seen = [];

function operation({ method, url }) {
  const { pathname, searchParams } = new URL(url, target);
  if (method === 'POST' && searchParams.has('uploads')) return 'CreateMultipartUpload';
  if (method === 'PUT' && searchParams.has('partNumber')) return 'UploadPart';
  if (method === 'POST' && searchParams.has('uploadId')) return 'CompleteMultipartUpload';
  if (method === 'DELETE' && searchParams.has('uploadId')) return 'AbortMultipartUpload';
  if (method === 'PUT' && pathname.includes('/_esclusa/commits/')) return 'PutCommitKey';
  return `${method} other`;
}

async function stopAt(name, when) {
  if (breakpoint?.operation !== name || breakpoint.when !== when || breakpoint.hit) return 'forward';
  breakpoint.count = (breakpoint.count ?? 0) + 1;
  if (breakpoint.count !== breakpoint.nth) return 'forward';
  breakpoint.hit = true;
  return new Promise((resolve) => (breakpoint.release = resolve));
}

http
  .createServer({ requestTimeout: 0 }, async (request, response) => {
    const name = operation(request);
    const body = [];
    for await (const chunk of request) body.push(chunk);
    if ((await stopAt(name, 'before')) === 'drop') {
      request.socket.destroy();
      return;
    }
    seen.push(name);
    const { hostname, port } = target;
    const forwarded = http.request({ hostname, port, method: request.method, path: request.url, headers: request.headers }, async (answer) => {
      const parts = [];
      for await (const chunk of answer) parts.push(chunk);
      if ((await stopAt(name, 'after')) === 'drop') {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode, answer.headers);
      response.end(Buffer.concat(parts));
    });
    forwarded.on('error', () => request.socket.destroy());
    forwarded.end(Buffer.concat(body));
  })
  .listen(9000);

http
  .createServer(async (request, response) => {
    const body = [];
    for await (const chunk of request) body.push(chunk);
    const json = body.length > 0 ? JSON.parse(Buffer.concat(body)) : undefined;
    if (request.method === 'PUT') {
      breakpoint?.release?.('forward');
      breakpoint = json;
      seen = [];
    }
    if (request.method === 'POST') {
      breakpoint?.release?.(json.action);
      breakpoint = undefined;
    }
    response.end(JSON.stringify({ hit: breakpoint?.hit === true, seen }));
  })
  .listen(9001);
