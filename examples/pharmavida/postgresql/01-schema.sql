-- PharmaVida, a chain of pharmacies: products, and offers with their details.
create table productos (
  id               integer primary key,
  nombre           text not null,
  tipo             text not null,
  descripcion      text,
  precio           numeric(10, 2) not null,
  stock            integer not null,
  requiere_receta  boolean not null,
  laboratorio      text,
  creado_en        timestamptz not null
);

create table ofertas (
  id            integer primary key,
  titulo        text not null,
  descripcion   text,
  fecha_inicio  date not null,
  fecha_fin     date,
  activa        boolean not null
);

create table oferta_detalles (
  id             integer primary key,
  oferta_id      integer not null references ofertas,
  producto_id    integer not null references productos,
  descuento      numeric(5, 2) not null,
  precio_oferta  numeric(10, 2) not null,
  condiciones    text
);
