-- Signs that a person uses the account; imports write none of these (UNDO-3).
INSERT INTO sign_of_use
SELECT t.id, sign.name
FROM users AS t
CROSS JOIN LATERAL (
    VALUES ('password', t.password <> '' AND t.password NOT LIKE '!%'),
           ('role', t.role <> :new_role),
           ('last_login', t.last_login IS NOT NULL),
           ('verification', t.is_verified OR t.verification_status <> 'unverified'),
           ('rights', t.is_staff OR t.is_superuser)
) AS sign (name, is_there)
WHERE sign.is_there AND t.id IN (SELECT row_id FROM row_to_hide WHERE table_name = :table)
