import { type Bson, type Document, objectId, soles } from './bson.ts';
import { doctor, MEDICOS } from './medicos.ts';
import { user, USERS } from './people.ts';
import { product, PRODUCTS } from './products.ts';
import { pick, scatter, scatterFar } from './scatter.ts';

/** Documents in `recetas`. */
export const RECETAS = 12_000;

const EPOCH = Date.UTC(2024, 0, 1);

/** PharmaVida's prescriptions, always the same. Patients are users of its MySQL, products those of its PostgreSQL. */
export function* recetas(bson: Bson): Generator<Document> {
  for (let n = 1; n <= RECETAS; n += 1) {
    const issued = EPOCH + scatterFar('receta', n, 63_072_000) * 1_000 + scatter('milis receta', n, 1_000);
    const products = bought(n);
    yield {
      _id: objectId(bson, '65b0', n),
      numero: `R-${new Date(issued).getUTCFullYear()}-${String(n).padStart(6, '0')}`,
      emitida: new Date(issued),
      paciente: patient(n),
      medico: doctor(1 + scatterFar('medico', n, MEDICOS)),
      productos: products.map(({ line }) => line),
      total_estimado: soles(
        bson,
        products.reduce((total, { line, centimos }) => total + line.cantidad * centimos, 0),
      ),
      folio: bson.Long.fromString(n % 1_000 === 0 ? `90071992547${40_993 + n}` : String(7_000_000_000 + n)),
      ...document(n),
      validacion: validation(n, issued),
      ...notes(n),
    };
  }
}

function patient(n: number): Record<string, unknown> {
  const { dni, nombre } = user(1 + scatterFar('paciente', n, USERS));
  const allergies = scatter('alergias', n, 6);
  return {
    dni,
    nombre,
    ...(scatter('edad', n, 4) === 0 ? {} : { edad: 1 + scatter('años', n, 95) }),
    ...(allergies === 0
      ? { alergias: ['penicilina', 'ácido "acetilsalicílico"'] }
      : allergies === 1
        ? { alergias: [] }
        : allergies === 2
          ? { alergias: null }
          : {}),
  };
}

interface Line {
  readonly producto_id: number;
  readonly nombre: string;
  readonly cantidad: number;
  readonly indicaciones?: string | null;
}

/** What was prescribed, with the unit price that the document does not tell. */
function bought(n: number): { line: Line; centimos: number }[] {
  return Array.from({ length: 1 + scatter('lineas', n, 4) }, (_, i) => {
    const key = `${n}/${i}`;
    const id = 1 + scatterFar('producto', key, PRODUCTS);
    const how = pick('indicaciones', key, [
      undefined,
      null,
      '',
      '1 cada 8 horas por 7 días, después de los alimentos',
      'Aplicar en la zona afectada\nNo exponer al sol',
      'Según indicación «médica»; no "duplicar" la dosis 💊',
    ]);
    const { nombre, centimos } = product(id);
    return { line: { producto_id: id, nombre, cantidad: 1 + scatter('cantidad', key, 5), ...(how === undefined ? {} : { indicaciones: how }) }, centimos };
  });
}

function document(n: number): Record<string, unknown> {
  const scanned = scatter('pdf', n, 10);
  // On paper only: no such field in some documents, null in others.
  if (scanned === 0) return {};
  if (scanned === 1) return { pdf: null };
  const name = String(n).padStart(6, '0');
  return {
    pdf: {
      url: `https://recetas.pharmavida.example/pdf/${name}.pdf?versión=1`,
      paginas: 1 + scatter('paginas', n, 3),
      ...(n % 7 === 0 ? { firmado: true } : {}),
    },
  };
}

function validation(n: number, issued: number): Record<string, unknown> {
  const at = new Date(issued + scatterFar('demora', n, 259_200) * 1_000);
  switch (scatter('validacion', n, 8)) {
    case 0:
      return { estado: 'pendiente' };
    case 1:
      return { estado: 'pendiente', fecha: null };
    case 2:
      return {
        estado: 'rechazada',
        fecha: at,
        motivo: pick('motivo', n, ['Firma ilegible', 'CMP "vencido"', 'Dosis, vía o fecha incompletas\nDevuelta al médico']),
      };
    default:
      return { estado: 'validada', fecha: at, por: { rol: 'farmaceutico', local: pick('local', n, ['Lima Centro', 'Breña', 'Cusco']) } };
  }
}

function notes(n: number): Record<string, unknown> {
  switch (scatter('observaciones', n, 6)) {
    case 0:
      return { observaciones: null };
    case 1:
      return { observaciones: '' };
    case 2:
      return { observaciones: 'Paciente refiere mareos; controlar presión, "sin falta".\r\nPróxima cita: 15 días' };
    case 3:
      return { observaciones: 'Niño 👶🏽 de 3 años: ñandú, pingüino, corazón' };
    default:
      return {};
  }
}
