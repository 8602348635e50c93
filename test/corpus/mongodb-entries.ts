import { BSON } from 'mongodb';
import { TEXTS } from './texts.ts';

const { Binary, BSONRegExp, BSONSymbol, Code, DBRef, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } = BSON;

/** Every type with its edges, and what each is in the file; each collection has null and a document without the field beside them. */
export const CORPUS: readonly [name: string, sourceType: string, field: string, duckdb: string, values: [unknown, string][]][] = [
  ['textos', 'string', 'string', 'VARCHAR', TEXTS.map((value) => [value, value])],
  [
    'int',
    'int',
    'integer',
    'INTEGER',
    [
      [new Int32(-2147483648), '-2147483648'],
      [new Int32(2147483647), '2147483647'],
    ],
  ],
  [
    'largos',
    'long',
    'integer',
    'BIGINT',
    [
      [Long.MAX_VALUE, '9223372036854775807'],
      [Long.fromNumber(0), '0'],
    ],
  ],
  [
    'long',
    'int|long',
    'integer',
    'BIGINT',
    [
      [Long.fromString('9007199254740993'), '9007199254740993'],
      [Long.MIN_VALUE, '-9223372036854775808'],
      [new Int32(1), '1'],
    ],
  ],
  [
    'double',
    'double|int',
    'number',
    'DOUBLE',
    [
      [new Double(0.1), '0.1'],
      [new Double(-0), '-0'],
      [new Double(5e-324), '5e-324'],
      [new Double(Number.NaN), 'NaN'],
      [new Double(Number.NEGATIVE_INFINITY), '-Infinity'],
      [new Int32(3), '3'],
    ],
  ],
  [
    'dobles',
    'double',
    'number',
    'DOUBLE',
    [
      [new Double(1.5), '1.5'],
      [new Double(3), '3'],
      [new Double(1.7976931348623157e308), '1.7976931348623157e+308'],
      [new Double(0.30000000000000004), '0.30000000000000004'],
      [new Double(Number.POSITIVE_INFINITY), 'Infinity'],
    ],
  ],
  [
    'long y double',
    'double|long',
    'number',
    'VARCHAR',
    [
      [Long.MAX_VALUE, '9223372036854775807'],
      [new Double(5e-324), '5e-324'],
      [new Double(1e21), '1e+21'],
    ],
  ],
  [
    'double y decimal sin fin',
    'decimal|double',
    'number',
    'VARCHAR',
    [
      [Decimal128.fromString('1.10'), '1.10'],
      [new Double(Number.NaN), 'NaN'],
    ],
  ],
  [
    'decimal',
    'decimal',
    'number',
    'VARCHAR',
    [
      [Decimal128.fromString('1234567890123456789012345678901234'), '1234567890123456789012345678901234'],
      [Decimal128.fromString('0.10'), '0.10'],
      [Decimal128.fromString('-5'), '-5'],
    ],
  ],
  [
    'infinitos',
    'decimal',
    'number',
    'VARCHAR',
    [
      [Decimal128.fromString('NaN'), 'NaN'],
      [Decimal128.fromString('Infinity'), 'Infinity'],
      [Decimal128.fromString('-Infinity'), '-Infinity'],
    ],
  ],
  [
    'numeros',
    'decimal|double|int|long',
    'number',
    'VARCHAR',
    [
      [new Int32(1), '1'],
      [Long.fromString('9007199254740993'), '9007199254740993'],
      [new Double(0.5), '0.5'],
      [Decimal128.fromString('0.10'), '0.10'],
    ],
  ],
  [
    'bool',
    'bool',
    'boolean',
    'BOOLEAN',
    [
      [true, 'true'],
      [false, 'false'],
    ],
  ],
  [
    'fecha',
    'date',
    'datetime',
    'TIMESTAMP WITH TIME ZONE',
    [
      [new Date('2025-01-02T15:30:45.123Z'), '2025-01-02T15:30:45.123Z'],
      [new Date('9999-12-31T23:59:59.999Z'), '9999-12-31T23:59:59.999Z'],
      [new Date('0001-01-01T00:00:00Z'), '0001-01-01T00:00:00.000Z'],
    ],
  ],
  [
    'fechas',
    'date',
    'datetime',
    'VARCHAR',
    [
      [new Date('-000044-03-15T00:00:00Z'), '-000044-03-15T00:00:00.000Z'],
      [new Date('+010000-01-01T00:00:00Z'), '+010000-01-01T00:00:00.000Z'],
    ],
  ],
  ['oid', 'objectId', 'string', 'VARCHAR', [[new ObjectId('65a000000000000000000001'), '65a000000000000000000001']]],
  ['uuid', 'uuid', 'string', 'UUID', [[new UUID('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']]],
  [
    'bytes',
    'binData|binData(128)|binData(3)',
    'string',
    'VARCHAR',
    [
      [new Binary(Buffer.from([0, 255, 10])), 'AP8K'],
      [new Binary(Buffer.alloc(0)), ''],
      [new Binary(Buffer.alloc(16, 1), 3), 'AQEBAQEBAQEBAQEBAQEBAQ=='],
      [new Binary(Buffer.from('x'), 128), 'eA=='],
    ],
  ],
  ['nul', 'string', 'string', 'VARCHAR', [['a\u0000b', 'a\u0000b']]],
  [
    'objeto',
    'object',
    'object',
    'VARCHAR',
    [
      [
        { a: new Int32(1), n: Long.fromString('9007199254740993'), d: new Date(0), t: 'ñ"' },
        '{"a":1,"n":9007199254740993,"d":{"$date":"1970-01-01T00:00:00.000Z"},"t":"ñ\\""}',
      ],
      [{}, '{}'],
    ],
  ],
  [
    'lista',
    'array',
    'array',
    'VARCHAR',
    [
      [[new Int32(1), null, 'x', [true]], '[1,null,"x",[true]]'],
      [[], '[]'],
    ],
  ],
  [
    'objetos y listas',
    'array|object',
    'any',
    'VARCHAR',
    [
      [[new Double(Number.NaN), new Double(-0), new Date(-1)], '[{"$numberDouble":"NaN"},-0.0,{"$date":{"$numberLong":"-1"}}]'],
      [
        { 'a.b': Decimal128.fromString('0.10'), b: new Binary(Buffer.from([1]), 5) },
        '{"a.b":{"$numberDecimal":"0.10"},"b":{"$binary":{"base64":"AQ==","subType":"05"}}}',
      ],
      [
        new DBRef('medicos', Long.fromString('9007199254740993') as unknown as BSON.ObjectId, 'otra', { n: Long.MAX_VALUE }),
        '{"$ref":"medicos","$id":9007199254740993,"$db":"otra","n":9223372036854775807}',
      ],
    ],
  ],
  [
    'uuid y bytes',
    'binData|uuid',
    'string',
    'VARCHAR',
    [
      [new UUID('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
      [new Binary(Buffer.from([0])), 'AA=='],
    ],
  ],
  ['solo null', '', 'string', 'VARCHAR', []],
  [
    'mezcla',
    'bool|int|string',
    'string',
    'VARCHAR',
    [
      [true, 'true'],
      [new Int32(1), '1'],
      ['1', '1'],
    ],
  ],
  [
    'raros',
    'javascript|maxKey|minKey|regex|symbol|timestamp',
    'string',
    'VARCHAR',
    [
      [new BSONRegExp('^a', 'i'), '{"$regularExpression":{"pattern":"^a","options":"i"}}'],
      [new Code('f()'), '{"$code":"f()"}'],
      [new BSONSymbol('s'), '{"$symbol":"s"}'],
      [new Timestamp({ t: 5, i: 1 }), '{"$timestamp":{"t":5,"i":1}}'],
      [new MinKey(), '{"$minKey":1}'],
      [new MaxKey(), '{"$maxKey":1}'],
    ],
  ],
];

/** A date of any 64-bit number of milliseconds, which the driver writes as it is asked. */
export class AnyDate extends Date {
  readonly #time: number;

  constructor(time: number) {
    super(0);
    this.#time = time;
  }

  override getTime(): number {
    return this.#time;
  }
}

/** A document with fields in this order, a name perhaps twice. */
export class Doubled extends Map<string, unknown> {
  readonly #fields: readonly [string, unknown][];

  constructor(fields: readonly [string, unknown][]) {
    super(fields);
    this.#fields = fields;
  }

  override entries(): MapIterator<[string, unknown]> {
    return this.#fields.map(([name, value]): [string, unknown] => [name, value])[Symbol.iterator]();
  }

  override [Symbol.iterator](): MapIterator<[string, unknown]> {
    return this.entries();
  }
}
