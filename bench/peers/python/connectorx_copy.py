"""ConnectorX: reads a table into memory (Arrow), by two connections on ranges of its key; pyarrow writes that as CSV or Parquet to S3."""
import os

import connectorx
import pyarrow.csv
import pyarrow.fs
import pyarrow.parquet

e = os.environ
login = f'{e["DB_USER"]}:{e["DB_PASSWORD"]}@{e["HOST"]}:{e["DB_PORT"]}/{e["DATABASE"]}'
table = connectorx.read_sql(
    f'{e["SOURCE"]}://{login}', f'select * from {e["TABLE"]}', return_type="arrow", partition_on="id", partition_num=2
)
s3 = pyarrow.fs.S3FileSystem(
    access_key=e["ACCESS_KEY"], secret_key=e["SECRET_KEY"], endpoint_override=e["ENDPOINT"], region="us-east-1"
)
with s3.open_output_stream(e["OBJECT"]) as out:
    if e["FORMAT"] == "parquet":
        pyarrow.parquet.write_table(table, out)
    else:
        pyarrow.csv.write_csv(table, out)
