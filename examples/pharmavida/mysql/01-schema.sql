-- PharmaVida, a chain of pharmacies: its users, and what they bought. MySQL 8 and 9, MariaDB 10.11 and newer.
set names utf8mb4 collate utf8mb4_unicode_ci;

create table users (
  id                bigint not null auto_increment primary key,
  dni               char(8) not null unique,
  nombre            varchar(80) not null,
  apellido          varchar(120) not null,
  email             varchar(160),
  telefono          varchar(20),
  fecha_nacimiento  date,
  -- A hash of bcrypt's shape. Never exported.
  password          varchar(60) not null,
  rol               enum('cliente', 'farmaceutico', 'repartidor', 'administrador') not null default 'cliente',
  activo            boolean not null default true,
  notas             text,
  creado_en         datetime(6) not null,
  ultimo_acceso     timestamp null default null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

create table compras (
  id                 bigint not null auto_increment primary key,
  user_id            bigint not null,
  fecha              datetime(6) not null,
  total              decimal(12, 2) not null,
  metodo_pago        enum('tarjeta', 'efectivo', 'yape', 'plin', 'transferencia') not null,
  estado             enum('pagada', 'enviada', 'entregada', 'anulada') not null,
  direccion_entrega  varchar(300),
  observaciones      text,
  entregado_en       timestamp null default null,
  constraint compras_user foreign key (user_id) references users (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- producto_id, nombre and precio_unitario are those of `productos` in PharmaVida's PostgreSQL.
create table compra_productos (
  compra_id        bigint not null,
  linea            smallint not null,
  producto_id      integer not null,
  nombre           varchar(200) not null,
  cantidad         integer not null,
  precio_unitario  decimal(10, 2) not null,
  descuento        decimal(5, 2),
  primary key (compra_id, linea),
  constraint compra_productos_compra foreign key (compra_id) references compras (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;
