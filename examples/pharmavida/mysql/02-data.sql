-- Sample data of a fixed seed: everything is arithmetic on the row's number (crc32 of a word and the number), so every load
-- gives the same rows on MySQL and on MariaDB. Accents, emoji, commas, quotes, line ends, NULLs, empty strings and words that
-- look like NULL are in it on purpose. Helper tables instead of functions: those would need SUPER where there is a binary log.
-- `% 10007`: the checksums of two words differ by the same bits for every number; a prime breaks that.
set names utf8mb4 collate utf8mb4_unicode_ci;
set time_zone = '+00:00';
set autocommit = 0;

create table numeros (n integer not null primary key) engine = InnoDB;
insert into numeros
with cifras as (select 0 as c union all select 1 union all select 2 union all select 3 union all select 4
                union all select 5 union all select 6 union all select 7 union all select 8 union all select 9)
select n from (select 1 + a.c + 10 * b.c + 100 * c.c + 1000 * d.c + 10000 * e.c as n
               from cifras as a, cifras as b, cifras as c, cifras as d, cifras as e where e.c < 2) as todos
where n <= 12000;

-- A word with the form it has in an e-mail address.
create table nombres (i integer not null auto_increment primary key, texto varchar(40), correo varchar(40)) engine = InnoDB charset = utf8mb4 collate = utf8mb4_unicode_ci;
insert into nombres (texto, correo) values
  ('María', 'maria'), ('José', 'jose'), ('Lucía', 'lucia'), ('Íñigo', 'inigo'), ('Begoña', 'begona'), ('Juan Carlos', 'juancarlos'),
  ('Rosa', 'rosa'), ('Ángel', 'angel'), ('Milagros', 'milagros'), ('Andrés', 'andres'), ('Sofía', 'sofia'), ('Óscar', 'oscar'),
  ('Flor de María', 'flordemaria'), ('Raúl', 'raul'), ('Ximena', 'ximena'), ('Zoë', 'zoe');
create table apellidos (i integer not null auto_increment primary key, texto varchar(40), correo varchar(40)) engine = InnoDB charset = utf8mb4 collate = utf8mb4_unicode_ci;
insert into apellidos (texto, correo) values
  ('Quispe', 'quispe'), ('Núñez', 'nunez'), ('Mamani', 'mamani'), ('Peña', 'pena'), ('Muñoz', 'munoz'), ('Huamán', 'huaman'),
  ('García', 'garcia'), ('Ñahui', 'nahui'), ('De la Cruz', 'delacruz'), ('Sánchez', 'sanchez'), ('O''Higgins', 'ohiggins'), ('Güell', 'guell'),
  ('Rodríguez', 'rodriguez'), ('Chávez', 'chavez'), ('Yupanqui', 'yupanqui'), ('Ávila', 'avila');

insert into users (id, dni, nombre, apellido, email, telefono, fecha_nacimiento, password, rol, activo, notas, creado_en, ultimo_acceso)
select n,
       -- Some begin with zeros.
       lpad(n * 7654321 % 100000000, 8, '0'),
       nombres.texto,
       concat(paterno.texto, ' ', materno.texto),
       case crc32(concat('sin correo', n)) % 10007 % 12 when 0 then null when 1 then ''
         else concat(nombres.correo, '.', paterno.correo, n, '@', elt(1 + crc32(concat('dominio', n)) % 10007 % 4, 'correo.pe', 'pharmavida.pe', 'ejemplo.com', 'mail.ejemplo.org')) end,
       case crc32(concat('sin telefono', n)) % 10007 % 5 when 0 then null else concat('+51 9', lpad(crc32(concat('telefono', n)) % 100000000, 8, '0')) end,
       case crc32(concat('sin fecha', n)) % 10007 % 8 when 0 then null else date_add(date '1940-01-01', interval crc32(concat('nacimiento', n)) % 24000 day) end,
       concat('$2b$12$', left(replace(to_base64(unhex(sha2(concat('clave', n), 384))), '+', '.'), 53)),
       case when n <= 3 then 'administrador' when crc32(concat('rol', n)) % 10007 % 20 = 0 then 'farmaceutico' when crc32(concat('rol', n)) % 10007 % 20 = 1 then 'repartidor' else 'cliente' end,
       crc32(concat('activo', n)) % 10007 % 10 <> 0,
       elt(1 + crc32(concat('notas', n)) % 10007 % 9, null, '', 'Alérgico a la penicilina, consultar antes de "vender"', 'Prefiere entregas por la mañana\nTimbre: 2º piso',
           'Cliente frecuente 💊😀', 'NULL', 'Llamar antes de ir\r\n(no escribir)', ' con espacios alrededor ', 'Dice: «¿y el vuelto?»; pide factura'),
       timestamp('2021-01-01') + interval crc32(concat('creado', n)) % 94608000 second + interval crc32(concat('micro', n)) % 999983 microsecond,
       case crc32(concat('sin acceso', n)) % 10007 % 6 when 0 then null else timestamp('2024-01-01') + interval crc32(concat('acceso', n)) % 63072000 second end
from numeros
join nombres on nombres.i = 1 + crc32(concat('nombre', n)) % 10007 % 16
join apellidos as paterno on paterno.i = 1 + crc32(concat('paterno', n)) % 10007 % 16
join apellidos as materno on materno.i = 1 + crc32(concat('materno', n)) % 10007 % 16
where n <= 3000
order by n;

insert into compras (id, user_id, fecha, total, metodo_pago, estado, direccion_entrega, observaciones, entregado_en)
select n,
       1 + crc32(concat('comprador', n)) % 10007 % 3000,
       timestamp('2024-01-01') + interval crc32(concat('fecha', n)) % 63072000 second + interval crc32(concat('microcompra', n)) % 999983 microsecond,
       0,
       1 + crc32(concat('pago', n)) % 10007 % 5,
       elt(1 + crc32(concat('estado', n)) % 10007 % 4, 'pagada', 'enviada', 'entregada', 'anulada'),
       case crc32(concat('entrega', n)) % 10007 % 6 when 0 then null when 1 then ''
         else concat(elt(1 + crc32(concat('calle', n)) % 10007 % 6, 'Av. Arequipa', 'Jr. de la Unión', 'Calle "Los Álamos"', 'Psje. Ñuñoa', 'Av. Túpac Amaru', 'Urb. Santa Anita, Mz. B'), ' ',
                     1 + crc32(concat('numero', n)) % 10007 % 3000, elt(1 + crc32(concat('piso', n)) % 10007 % 3, '', ', dpto. 302', '\nReferencia: frente al parque'), ', ',
                     elt(1 + crc32(concat('distrito', n)) % 10007 % 5, 'Miraflores', 'Breña', 'San Martín de Porres', 'Cusco', 'Arequipa')) end,
       elt(1 + crc32(concat('observaciones', n)) % 10007 % 7, null, null, '', 'Dejar en portería 🏠', 'Pagó con "yape", enviar boleta', 'Regalo 🎁\nSin precio', 'n/a'),
       case when crc32(concat('estado', n)) % 10007 % 4 = 2
         then timestamp('2024-01-01') + interval (crc32(concat('fecha', n)) % 63072000 + 3600 + crc32(concat('demora', n)) % 250000) second end
from numeros
where n <= 8000
order by n;

-- PostgreSQL's `productos`, by the arithmetic of ../postgresql/02-data.sql.
create table productos_pg (id integer not null primary key, nombre varchar(200), precio decimal(10, 2)) engine = InnoDB charset = utf8mb4 collate = utf8mb4_unicode_ci;
insert into productos_pg
select n,
       concat(elt(1 + (n + 1) * 2654435761 % 4294967296 div 65536 % 16, 'Paracetamol', 'Ibuprofeno', 'Amoxicilina', 'Loratadina', 'Omeprazol', 'Metformina', 'Losartán',
                  'Ácido fólico', 'Atorvastatina', 'Clotrimazol', 'Salbutamol', 'Vitamina C', 'Suero fisiológico', 'Protector solar', 'Diclofenaco', 'Cetirizina'), ' ',
              elt(1 + (n + 2) * 2654435761 % 4294967296 div 65536 % 8, '100 mg', '250 mg', '500 mg', '850 mg', '1 g', '5 ml', '2,5 %', '60 ml'), ' (',
              elt(1 + (n + 3) * 2654435761 % 4294967296 div 65536 % 8, 'tableta', 'cápsula', 'jarabe', 'crema', 'inyectable', 'gotas', 'suspensión', 'óvulo'), ') Nº ', n),
       (150 + (n + 5) * 2654435761 % 4294967296 div 65536 % 24850) / 100
from numeros;

insert into compra_productos
select c.id, l.n, p.id, p.nombre, 1 + crc32(concat('cantidad', c.id, '/', l.n)) % 10007 % 6, p.precio,
       elt(1 + crc32(concat('descuento', c.id, '/', l.n)) % 10007 % 5, null, null, 0, 10, 12.5)
from compras as c
join numeros as l on l.n <= 1 + crc32(concat('lineas', c.id)) % 10007 % 5
join productos_pg as p on p.id = 1 + crc32(concat('producto', c.id, '/', l.n)) % 1000003 % 12000
order by c.id, l.n;

update compras as c
join (select compra_id, sum(round(cantidad * precio_unitario * (100 - coalesce(descuento, 0)) / 100, 2)) as total from compra_productos group by compra_id) as s
  on s.compra_id = c.id
set c.total = s.total;

drop table numeros, nombres, apellidos, productos_pg;
commit;
set autocommit = 1;
analyze table users, compras, compra_productos;
