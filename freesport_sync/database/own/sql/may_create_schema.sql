SELECT quote_ident(current_user) AS role,
       (SELECT has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE')
        FROM pg_namespace WHERE nspname = :schema) AS may_use,
       has_database_privilege(current_database(), 'CREATE') AS may_create
