-- Only what differs is written, column by column: what a user or an operator has edited since the comparison stays.
UPDATE users AS u
SET onec_id = coalesce(c.onec_id, u.onec_id),
    first_name = coalesce(c.first_name, u.first_name),
    last_name = coalesce(c.last_name, u.last_name),
    company_name = coalesce(c.company_name, u.company_name),
    tax_id = coalesce(c.tax_id, u.tax_id),
    phone = coalesce(c.phone, u.phone),
    sync_status = 'synced',
    last_sync_at = now(),
    updated_at = now()
FROM unnest(
    CAST(:id AS bigint[]), CAST(:onec_id AS text[]), CAST(:first_name AS text[]), CAST(:last_name AS text[]),
    CAST(:company_name AS text[]), CAST(:tax_id AS text[]), CAST(:phone AS text[])
) AS c (id, onec_id, first_name, last_name, company_name, tax_id, phone)
WHERE u.id = c.id
