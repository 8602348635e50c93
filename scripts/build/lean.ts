import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

/*
 * What bundles need not carry: each plug-in leaves out, or puts off, code and data of libraries that no program of ours uses.
 * What it is worth at rest is in docs/decisions.md.
 */

/**
 * What dockerode brings for engines reached by SSH and for BuildKit sessions, none of which the gateway uses: a third of
 * a megabyte of code and a native add-on. Calling it fails with a sentence.
 */
const LEFT_OUT = ['ssh2', 'cpu-features', '@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs'];

const leaveOut: Plugin = {
  name: 'leave-out',
  setup(build) {
    const filter = new RegExp(`^(${LEFT_OUT.join('|')})(/.*)?$`);
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      // Reading properties and deriving classes happen at load time and must pass; calls must not.
      contents: `
        const refuse = () => { throw new Error(${JSON.stringify(`${path} is left out of this bundle (scripts/build/bundle.ts); use a Docker host reached by a socket or TCP`)}); };
        const stub = new Proxy(function () {}, {
          get: (target, name) => (name === '__esModule' ? undefined : name === 'prototype' ? target.prototype : stub),
          apply: refuse,
          construct: refuse,
        });
        module.exports = stub;`,
    }));
  },
};

/** zod carries its messages in forty languages, all of which a namespace export keeps in; English is the one we set. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(build) {
    build.onLoad({ filter: /node_modules\/zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    }));
  },
};

/**
 * Modules of Node that take megabytes and milliseconds to load. TLS is needed by those alone who are told to use it; and an `import` of
 * `node:http` reads all of its exports, one of which loads a second HTTP client with HTTP/2 and TLS.
 */
const PUT_OFF = ['http', 'https', 'http2', 'tls'];

/** They are loaded when something of theirs is first used, and only that is asked for. */
const putOff: Plugin = {
  name: 'put-off',
  setup(build) {
    const filter = new RegExp(`^(node:)?(${PUT_OFF.join('|')})$`);
    build.onResolve({ filter }, ({ path }) => ({ path: path.replace('node:', ''), namespace: 'put-off' }));
    build.onLoad({ filter: /.*/, namespace: 'put-off' }, ({ path }) => ({
      // An object that inherits from the module may have a property of its own by the same name, as docker-modem's has.
      contents: `
        const load = () => process.getBuiltinModule('node:${path}');
        const own = (value) => ({ value, writable: true, enumerable: true, configurable: true });
        for (const name of ${JSON.stringify(Object.keys(process.getBuiltinModule(`node:${path}`) ?? {}))}) {
          Object.defineProperty(exports, name, {
            enumerable: true,
            get: () => load()[name],
            set(value) { Object.defineProperty(this, name, own(value)); },
          });
        }`,
    }));
  },
};

/** The kinds of content that our programs send or are sent; of the 2,500 in mime-db. */
const MEDIA_TYPES = [
  'application/json',
  'application/problem+json',
  'application/x-www-form-urlencoded',
  'text/css',
  'text/html',
  'text/javascript',
  'text/plain',
];

const fewMediaTypes: Plugin = {
  name: 'few-media-types',
  setup(build) {
    build.onLoad({ filter: /node_modules\/mime-db\/db\.json$/ }, async ({ path }) => {
      const { default: all } = (await import(path, { with: { type: 'json' } })) as { default: Record<string, object> };
      return { contents: JSON.stringify(Object.fromEntries(MEDIA_TYPES.map((type) => [type, all[type]]))), loader: 'json' };
    });
  },
};

/** Tables of Chinese, Japanese and Korean encodings for bodies that are no UTF-8, which JSON must be (RFC 8259): such a charset is refused as unknown. */
const noDoubleByteTables: Plugin = {
  name: 'no-double-byte-tables',
  setup(build) {
    build.onLoad({ filter: /node_modules\/iconv-lite\/encodings\/dbcs-data\.js$/ }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** What no bundle can use. */
export const UNUSED: Plugin[] = [leaveOut, englishOnly];

/** What a program of ours has no use for, or not before it is told so. */
export const LEAN: Plugin[] = [...UNUSED, putOff, fewMediaTypes, noDoubleByteTables];
