-- Staging tables of one run. They belong to the lock's connection and vanish with it, however the program ends.
-- Column names and order: core/staged.py. Scales equal the shop's, so that a staged value compares equal once stored.
CREATE TEMP TABLE stg_product (
    file_no integer NOT NULL,
    position integer NOT NULL,
    line integer NOT NULL,
    onec_id text NOT NULL,
    name text,
    article text,
    slug text NOT NULL,
    description text,
    category_onec_id text,
    brand_onec_id text,
    vat_rate numeric(5, 2),
    is_deleted boolean NOT NULL,
    properties integer[],
    -- From the last of several records, see dedupe_product.sql.
    last_name text,
    last_category_onec_id text
);
CREATE TEMP TABLE stg_offer (
    file_no integer NOT NULL,
    position integer NOT NULL,
    line integer NOT NULL,
    onec_id text NOT NULL,
    product_onec_id text NOT NULL,
    name text,
    article text,
    color_name text,
    size_value text,
    is_deleted boolean NOT NULL,
    properties integer[]
);
-- Where in a file the records of a catalogue begin.
CREATE TEMP TABLE stg_catalogue (file_no integer NOT NULL, position integer NOT NULL, onec_id text NOT NULL);
-- The second and further groups of a product.
CREATE TEMP TABLE stg_product_group (
    file_no integer NOT NULL,
    position integer NOT NULL,
    line integer NOT NULL,
    onec_id text NOT NULL,
    number integer NOT NULL,
    category_onec_id text NOT NULL
);
CREATE TEMP TABLE stg_offer_property (
    file_no integer NOT NULL,
    position integer NOT NULL,
    line integer NOT NULL,
    color_property text,
    color text,
    size_property text,
    size text
);
CREATE TEMP TABLE stg_characteristic (LIKE stg_offer INCLUDING ALL);
-- Rows of products that have characteristics, see drop_own_rows.sql.
CREATE TEMP TABLE own_row (onec_id text PRIMARY KEY, is_offer boolean NOT NULL);
CREATE TEMP TABLE lost_row (
    kind text NOT NULL, file_no integer NOT NULL, position integer NOT NULL, line integer NOT NULL, onec_id text NOT NULL
);
CREATE TEMP TABLE stg_price (
    file_no integer NOT NULL,
    position integer NOT NULL,
    line integer NOT NULL,
    onec_id text NOT NULL,
    rank integer NOT NULL,
    unreadable text NOT NULL,
    retail_price numeric(10, 2),
    opt1_price numeric(10, 2),
    opt2_price numeric(10, 2),
    opt3_price numeric(10, 2),
    trainer_price numeric(10, 2),
    federation_price numeric(10, 2),
    rrp numeric(10, 2),
    msrp numeric(10, 2)
);
CREATE TEMP TABLE stg_rest (
    file_no integer NOT NULL,
    position integer NOT NULL,
    line integer NOT NULL,
    onec_id text NOT NULL,
    warehouse_onec_id text,
    quantity bigint,
    entry integer
);
CREATE TEMP TABLE stg_picture (
    file_no integer NOT NULL,
    position integer NOT NULL,
    line integer NOT NULL,
    owner text NOT NULL,
    onec_id text NOT NULL,
    number integer NOT NULL,
    path text NOT NULL
);
-- Pictures that are in the shop's media, in the order of their owner's gallery (tasks/shop_import/pictures.py).
CREATE TEMP TABLE delivered_picture (
    owner text NOT NULL,
    onec_id text NOT NULL,
    number integer NOT NULL,
    path text NOT NULL
);
CREATE TEMP TABLE stg_dictionary_value (
    file_no integer NOT NULL,
    position integer NOT NULL,
    line integer NOT NULL,
    onec_id text NOT NULL,
    property_onec_id text NOT NULL,
    value text NOT NULL,
    normalized_value text NOT NULL,
    slug text NOT NULL,
    source text NOT NULL
);
CREATE TEMP TABLE stg_property_value (
    file_no integer NOT NULL,
    number integer NOT NULL,
    line integer NOT NULL,
    onec_id text NOT NULL,
    is_characteristic boolean NOT NULL,
    property_key text NOT NULL,
    base_key text,
    property_name text NOT NULL,
    value text NOT NULL,
    normalized_value text NOT NULL,
    slug text NOT NULL,
    is_reference boolean NOT NULL
);
-- The number of an attribute is its id in the shop, or negative for a new one.
CREATE TEMP TABLE map_attribute (onec_id text PRIMARY KEY, attribute_no bigint NOT NULL);
CREATE TEMP TABLE map_attribute_name (normalized_name text PRIMARY KEY, attribute_no bigint NOT NULL);
-- Attributes by which the shop filters, and the column of a variant whose texts are values of the attribute too.
CREATE TEMP TABLE filter_attribute (attribute_no bigint PRIMARY KEY, column_name text UNIQUE);
CREATE TEMP TABLE shown_text (
    attribute_no bigint NOT NULL,
    column_name text NOT NULL,
    text text NOT NULL,
    normalized_value text NOT NULL,
    slug text NOT NULL,
    value_no bigint
);
-- The reference data resolved in Python (merge/reference_data.py), for the joins of the merge.
CREATE TEMP TABLE map_category (onec_id text PRIMARY KEY, category_id bigint);
CREATE TEMP TABLE map_brand (onec_id text PRIMARY KEY, normalized_name text NOT NULL, brand_id bigint);
CREATE TEMP TABLE map_warehouse (onec_id text PRIMARY KEY, name text NOT NULL);
CREATE TEMP TABLE vat_rule (warehouse_name text PRIMARY KEY, vat_rate numeric(5, 2) NOT NULL);
-- Names made unique in Python, before set_names.sql copies them into a column.
CREATE TEMP TABLE new_name (ord integer NOT NULL, name text NOT NULL);

-- A price after the run: the one in the files or else, unless missing prices are cleared, the shop's.
CREATE OR REPLACE FUNCTION pg_temp.price_after(staged numeric, shop numeric, clears boolean) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN clears THEN staged ELSE coalesce(staged, shop) END $$;
-- The name of a price that 1C has confirmed: by exporting it or, if missing prices are cleared, by leaving it out.
CREATE OR REPLACE FUNCTION pg_temp.if_confirmed(field text, price numeric, unreadable text, clears boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN price IS NOT NULL OR unreadable !~ field AND clears THEN field END $$
