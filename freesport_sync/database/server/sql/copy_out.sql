COPY {table} ({columns}) TO STDOUT
