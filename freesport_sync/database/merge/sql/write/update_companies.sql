-- As in update_users.sql.
UPDATE companies AS k
SET legal_name = coalesce(c.legal_name, k.legal_name),
    tax_id = coalesce(c.tax_id, k.tax_id),
    kpp = coalesce(c.kpp, k.kpp),
    legal_address = coalesce(c.legal_address, k.legal_address),
    updated_at = now()
FROM unnest(
    CAST(:id AS bigint[]), CAST(:legal_name AS text[]), CAST(:tax_id AS text[]), CAST(:kpp AS text[]),
    CAST(:legal_address AS text[])
) AS c (id, legal_name, tax_id, kpp, legal_address)
WHERE k.id = c.id
