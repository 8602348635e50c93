-- Sample data of a fixed seed: everything is arithmetic on the row's number, so every load gives the same rows.
-- Accents, commas, quotes, line ends, NULLs and empty strings are in it on purpose.
-- `mezcla` scatters a number; 2654435761 is Knuth's multiplicative hash.
create function mezcla(n integer, sal integer, modulo integer) returns integer immutable language sql as $$
  select ((n::bigint + sal) * 2654435761 % 4294967296 / 65536 % modulo)::integer
$$;

with lexico as (
  select array['Paracetamol', 'Ibuprofeno', 'Amoxicilina', 'Loratadina', 'Omeprazol', 'Metformina', 'Losartán', 'Ácido fólico',
               'Atorvastatina', 'Clotrimazol', 'Salbutamol', 'Vitamina C', 'Suero fisiológico', 'Protector solar', 'Diclofenaco', 'Cetirizina'] as principios,
         array['tableta', 'cápsula', 'jarabe', 'crema', 'inyectable', 'gotas', 'suspensión', 'óvulo'] as formas,
         array['100 mg', '250 mg', '500 mg', '850 mg', '1 g', '5 ml', '2,5 %', '60 ml'] as dosis,
         array['Farmindustria S.A.', 'Laboratorios Peña, Muñoz & Cía.', 'Química Suiza', 'Medifarma', 'Portugal "La Casa"', 'Genfar'] as laboratorios
)
insert into productos
select n,
       principios[1 + mezcla(n, 1, 16)] || ' ' || dosis[1 + mezcla(n, 2, 8)] || ' (' || formas[1 + mezcla(n, 3, 8)] || ') Nº ' || n,
       formas[1 + mezcla(n, 3, 8)],
       case mezcla(n, 4, 6)
         when 0 then null
         when 1 then ''
         when 2 then 'Indicado para niños y adultos; no exceder la dosis, salvo indicación médica.'
         when 3 then 'Conservar en lugar "fresco y seco".' || E'\n' || 'Mantener fuera del alcance de los niños.'
         when 4 then 'Contraindicado en el embarazo' || E'\r\n' || 'Consulte a su médico: ¡es gratis!'
         else 'Uso tópico, aplicar 2 veces al día'
       end,
       (150 + mezcla(n, 5, 24850))::numeric / 100,
       mezcla(n, 6, 500),
       mezcla(n, 7, 3) = 0,
       case when mezcla(n, 8, 10) = 0 then null else laboratorios[1 + mezcla(n, 9, 6)] end,
       timestamptz '2024-01-01 00:00:00+00' + make_interval(secs => mezcla(n, 10, 65000) * 487) + interval '1 microsecond' * mezcla(n, 11, 60000)
from generate_series(1, 12000) as n, lexico;

insert into ofertas
select n,
       (array['Semana de la salud', 'Cyber "PharmaDays"', 'Día de la madre', 'Campaña escolar', 'Aniversario', 'Verano, sol y cuidado'])[1 + mezcla(n, 21, 6)] || ' ' || n,
       case mezcla(n, 22, 4)
         when 0 then null
         when 1 then ''
         when 2 then 'Válido en tiendas de Lima, Arequipa y Cusco' || E'\n' || 'Hasta agotar "stock"'
         else 'Sólo pago con tarjeta'
       end,
       date '2025-01-01' + mezcla(n, 23, 365),
       case when mezcla(n, 24, 5) = 0 then null else date '2025-01-01' + mezcla(n, 23, 365) + 7 + mezcla(n, 25, 30) end,
       mezcla(n, 26, 2) = 0
from generate_series(1, 3000) as n;

insert into oferta_detalles
select n, 1 + (n - 1) / 4, p.id, d.descuento, round(p.precio * (100 - d.descuento) / 100, 2),
       case mezcla(n, 32, 5) when 0 then null when 1 then '' when 2 then 'Máximo 2 unidades por cliente, DNI obligatorio' when 3 then 'Lleva 3, paga 2' else 'Válido los días martes y jueves' end
from generate_series(1, 12000) as n
cross join lateral (select 5 + mezcla(n, 31, 12) * 5::numeric as descuento) as d
join productos as p on p.id = 1 + mezcla(n, 30, 12000);

drop function mezcla(integer, integer, integer);
analyze;
