/** `principios` of ../postgresql/02-data.sql. */
export const SUBSTANCES = [
  'Paracetamol',
  'Ibuprofeno',
  'Amoxicilina',
  'Loratadina',
  'Omeprazol',
  'Metformina',
  'Losartán',
  'Ácido fólico',
  'Atorvastatina',
  'Clotrimazol',
  'Salbutamol',
  'Vitamina C',
  'Suero fisiológico',
  'Protector solar',
  'Diclofenaco',
  'Cetirizina',
];
/** `dosis` there. */
export const DOSES = ['100 mg', '250 mg', '500 mg', '850 mg', '1 g', '5 ml', '2,5 %', '60 ml'];
/** `formas` there. */
export const FORMS = ['tableta', 'cápsula', 'jarabe', 'crema', 'inyectable', 'gotas', 'suspensión', 'óvulo'];

/** Products in PharmaVida's PostgreSQL, ids 1 to this. */
export const PRODUCTS = 12_000;

/** The product `id` of PharmaVida's PostgreSQL, by the arithmetic of ../postgresql/02-data.sql; the price is in céntimos. */
export function product(id: number): { nombre: string; centimos: number } {
  const mix = (salt: number, modulo: number): number => Math.floor((((id + salt) * 2_654_435_761) % 4_294_967_296) / 65_536) % modulo;
  return { nombre: `${SUBSTANCES[mix(1, 16)]} ${DOSES[mix(2, 8)]} (${FORMS[mix(3, 8)]}) Nº ${id}`, centimos: 150 + mix(5, 24_850) };
}
