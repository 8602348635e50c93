import { BSON } from 'mongodb';

const NAMES = ['María José', 'Juan', 'Begoña', 'Íñigo', 'Lucía', 'Andrés', 'Sofía', 'Óscar'];
const STREETS = ['Calle Mayor', 'Avenida de América', 'Plaza del Sol', 'Paseo de la Castellana'];
const STATES = ['pendiente', 'entregada', 'anulada'];
const START = Date.UTC(2024, 0, 1);

/** Paths of {@link nestedDocument} that make a wide enough table: plain values, some from within documents, a document and an array. */
export const NESTED_COLUMNS = [
  '_id',
  'numero',
  'estado',
  'creada',
  'total',
  'importe',
  'descuento',
  'activa',
  'paciente.dni',
  'paciente.nombre',
  'paciente.direccion.calle',
  'paciente.direccion.ciudad',
  'paciente.nacimiento',
  'medico.cmp',
  'contador',
  'notas',
  'direccion',
  'productos',
];

/** The bytes of the nth document of a collection of prescriptions, some 900 bytes; always the same. */
export function nestedDocument(n: number): Buffer {
  const name = NAMES[n % NAMES.length] ?? '';
  const street = STREETS[n % STREETS.length] ?? '';
  const created = new Date(START + n * 61_007);
  const document = {
    _id: new BSON.ObjectId(`65a0${n.toString(16).padStart(8, '0')}${((n * 7919) % 0x1_0000_0000).toString(16).padStart(12, '0')}`),
    numero: new BSON.Int32(n),
    estado: STATES[n % STATES.length],
    creada: created,
    total: new BSON.Double(Math.round(((n * 37) % 100_000) * 1.21) / 100),
    importe: BSON.Decimal128.fromString(`${(n * 13) % 10_000}.${String(n % 100).padStart(2, '0')}`),
    descuento: n % 5 === 0 ? null : new BSON.Double((n % 30) / 100),
    activa: n % 3 === 0,
    paciente: {
      dni: String(10_000_000 + (n % 90_000_000)),
      nombre: `${name} Pérez ${n % 1000}`,
      nacimiento: new Date(Date.UTC(1940 + (n % 70), n % 12, 1 + (n % 28))),
      direccion: { calle: `${street}, ${n % 200}`, ciudad: 'Lima', cp: String(15_000 + (n % 100)) },
      telefonos: [`+51 9${n % 100_000_000}`, '+51 1 555 0101'],
    },
    medico: { cmp: String(100_000 + (n % 5000)), especialidad: 'Cardiología', sede: { nombre: 'San Isidro', planta: new BSON.Int32(n % 9) } },
    contador: BSON.Long.fromNumber(1_000_000_000_000 + n),
    notas: n % 4 === 0 ? `Tomar "una" al día, con agua; paciente ${n}` : 'Sin observaciones para esta receta',
    direccion: { calle: street, numero: new BSON.Int32(n % 200), geo: { lat: new BSON.Double(-12.0464 + n / 1e7), lon: new BSON.Double(-77.0428) } },
    productos: Array.from({ length: 2 + (n % 3) }, (_, index) => ({
      id: new BSON.Int32(n * 3 + index),
      nombre: `Paracetamol ${500 + index * 100} mg`,
      cantidad: new BSON.Int32(1 + (index % 4)),
      precio: new BSON.Double(((n + index * 17) % 9000) / 100),
    })),
  };
  return Buffer.from(BSON.serialize(document));
}
