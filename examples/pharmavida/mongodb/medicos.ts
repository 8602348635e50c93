import { type Bson, type Document, objectId, soles } from './bson.ts';
import { doctorName } from './people.ts';
import { pick, scatter, scatterFar } from './scatter.ts';

/** Documents in `medicos`. */
export const MEDICOS = 1_500;

const DAY_MS = 86_400_000;
const SPECIALTIES = [
  'Medicina general',
  'Pediatría',
  'Cardiología',
  'Dermatología',
  'Ginecología y obstetricia',
  'Otorrinolaringología',
  'Psiquiatría',
] as const;

/** What a prescription says of the doctor `n` (1 to {@link MEDICOS}). */
export function doctor(n: number): { cmp: string; nombre: string; especialidad: string } {
  // Some begin with zeros.
  return { cmp: String((n * 7_919) % 100_000).padStart(6, '0'), nombre: doctorName(n), especialidad: pick('especialidad', n, SPECIALTIES) };
}

/** PharmaVida's doctors, always the same. Documents differ in their fields on purpose: missing, null, empty, nested. */
export function* medicos(bson: Bson): Generator<Document> {
  for (let n = 1; n <= MEDICOS; n += 1) {
    const valid = scatter('colegiatura', n, 12) !== 0;
    yield {
      _id: objectId(bson, '65a0', n),
      ...doctor(n),
      colegiatura_valida: valid,
      colegiatura_hasta: valid ? new Date(Date.UTC(2026, 0, 1) + scatter('hasta', n, 1_800) * DAY_MS) : null,
      ...contact(n),
      tarifa: soles(bson, 5_000 + scatter('tarifa', n, 9_000)),
      // Counts since the first branch opened; some are beyond what a double can hold.
      atenciones: bson.Long.fromString(n % 250 === 0 ? `90071992547${40_993 + n}` : String(scatterFar('atenciones', n, 200_000))),
      ...places(n),
      ...(scatter('universidad', n, 5) === 0 ? {} : { formacion: training(n) }),
      creado_en: new Date(Date.UTC(2021, 0, 1) + scatterFar('medico creado', n, 94_608_000) * 1_000 + scatter('milis', n, 1_000)),
    };
  }
}

function contact(n: number): Record<string, unknown> {
  switch (scatter('correo', n, 5)) {
    case 0:
      return {};
    case 1:
      return { correo: null };
    case 2:
      return { correo: '' };
    default:
      return { correo: `medico${n}@${pick('clinica', n, ['clinica.pe', 'hospital.example', 'consultorio-ñ.example'])}` };
  }
}

function places(n: number): Record<string, unknown> {
  const count = scatter('sedes', n, 5);
  // None: no such field in some documents, an empty array in others.
  if (count === 0) return n % 2 === 0 ? {} : { sedes: [] };
  return {
    sedes: Array.from({ length: count }, (_, i) => ({
      distrito: pick('sede', `${n}/${i}`, ['Miraflores', 'Breña', 'San Martín de Porres', 'Cusco', 'Arequipa', 'Jesús María']),
      horario: pick('horario', `${n}/${i}`, ['lunes a viernes, 9:00-13:00', 'sábados "previa cita"', 'martes\njueves', '']),
      ubicacion: { type: 'Point', coordinates: [-77 - scatter('lon', `${n}/${i}`, 999) / 1_000, -12 - scatter('lat', `${n}/${i}`, 999) / 1_000] },
    })),
  };
}

function training(n: number): Record<string, unknown> {
  return {
    universidad: pick('casa', n, ['San Marcos', 'Cayetano Heredia', 'San Agustín, Arequipa', 'Universidad "César Vallejo"']),
    egreso: 1_975 + scatter('egreso', n, 45),
    ...(scatter('rne', n, 3) === 0 ? { rne: null } : { rne: 10_000 + n }),
  };
}
