import { pick } from './scatter.ts';

// The words of ../mysql/02-data.sql, in the same order: a patient here is a user there.
/** First names, in the order of `nombres` there. */
export const NAMES = [
  'María',
  'José',
  'Lucía',
  'Íñigo',
  'Begoña',
  'Juan Carlos',
  'Rosa',
  'Ángel',
  'Milagros',
  'Andrés',
  'Sofía',
  'Óscar',
  'Flor de María',
  'Raúl',
  'Ximena',
  'Zoë',
] as const;
/** Family names, in the order of `apellidos` there. */
export const SURNAMES = [
  'Quispe',
  'Núñez',
  'Mamani',
  'Peña',
  'Muñoz',
  'Huamán',
  'García',
  'Ñahui',
  'De la Cruz',
  'Sánchez',
  "O'Higgins",
  'Güell',
  'Rodríguez',
  'Chávez',
  'Yupanqui',
  'Ávila',
] as const;

/** Users in PharmaVida's MySQL, ids 1 to this. */
export const USERS = 3_000;

/** The user `id` of PharmaVida's MySQL: DNI and full name. */
export function user(id: number): { dni: string; nombre: string } {
  return {
    dni: String((id * 7_654_321) % 100_000_000).padStart(8, '0'),
    nombre: `${pick('nombre', id, NAMES)} ${pick('paterno', id, SURNAMES)} ${pick('materno', id, SURNAMES)}`,
  };
}

/** A doctor's full name; doctors are no users. */
export function doctorName(n: number): string {
  return `${pick('nombre doctor', n, NAMES)} ${pick('paterno doctor', n, SURNAMES)} ${pick('materno doctor', n, SURNAMES)}`;
}
