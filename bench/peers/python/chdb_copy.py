"""chDB (ClickHouse in a process): reads a table of PostgreSQL or MySQL and writes CSV or Parquet to S3, both by itself, as a stream."""
import os

import chdb

e = os.environ
written = {"csv": "CSVWithNames", "parquet": "Parquet"}[e["FORMAT"]]
function = {"postgresql": "postgresql", "mysql": "mysql"}[e["SOURCE"]]
chdb.query(
    f"""insert into function s3('{e["ENDPOINT"]}/{e["OBJECT"]}', '{e["ACCESS_KEY"]}', '{e["SECRET_KEY"]}', '{written}')
    select * from {function}('{e["HOST"]}:{e["DB_PORT"]}', '{e["DATABASE"]}', '{e["TABLE"]}', '{e["DB_USER"]}', '{e["DB_PASSWORD"]}')
    settings s3_truncate_on_insert = 1"""
)
