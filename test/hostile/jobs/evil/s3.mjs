// S3 with the credentials that the job was given: one signed request at a time (AWS Signature Version 4).
import { createHash, createHmac } from 'node:crypto';
import { request as send } from 'node:http';
import { request as asked } from './world.mjs';

const REGION = process.env.AWS_REGION;
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const sha256 = (content) => createHash('sha256').update(content).digest('hex');
const escape = (text) => encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Sends one request; resolves with status and text of the answer, whatever they are. */
export function s3(credentials, { method, key = '', body = '', query = {}, headers = {} }) {
  const endpoint = new URL(process.env.S3_ENDPOINT);
  const path = `/${asked.destination.bucket}${key === '' ? '' : `/${key.split('/').map(escape).join('/')}`}`;
  const search = Object.entries(query)
    .map(([name, value]) => `${escape(name)}=${escape(String(value))}`)
    .toSorted()
    .join('&');
  const signed = sign(credentials, { method, path, search, body, headers: { host: endpoint.host, ...headers } });
  const where = { host: endpoint.hostname, port: endpoint.port, method, path: search === '' ? path : `${path}?${search}` };
  return new Promise((resolve, reject) => {
    const going = send({ ...where, headers: { ...signed, 'content-length': Buffer.byteLength(body) } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    });
    going.on('error', reject);
    going.end(body);
  });
}

function sign(credentials, { method, path, search, body, headers }) {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = credentials;
  const at = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const content = sha256(body);
  const session = token === undefined ? {} : { 'x-amz-security-token': token };
  const all = { ...headers, ...session, 'x-amz-content-sha256': content, 'x-amz-date': at };
  const names = Object.keys(all).toSorted();
  const canonical = [method, path, search, ...names.map((name) => `${name}:${all[name]}`), '', names.join(';'), content].join('\n');
  const scope = `${at.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const key = [at.slice(0, 8), REGION, 's3', 'aws4_request'].reduce(hmac, `AWS4${secret}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')).toString('hex');
  return { ...all, authorization: `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` };
}
