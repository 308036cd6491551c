-- Spreads a store of ct over the workers of a Citus cluster. Run it once on the coordinator, with ct's tables made
-- (`ct status` makes them) and before there is much in them; run again, it changes nothing. Plain PostgreSQL accepts
-- it too, says that there is nothing to do, and stays as it is.
--
--   psql "$CT_DATABASE" -f citus.sql
--
-- Everything about a location lies on one worker (the location leads every key), so a return is recorded there whole;
-- what is small, or is not about one location, is on every worker. Inferred from Citus's documentation and not tried
-- on a cluster: https://docs.citusdata.com/en/stable/develop/api_udf.html
DO $$
DECLARE
    spread CONSTANT text[] := ARRAY['users', 'chains', 'entries', 'audit', 'sightings'];
    everywhere CONSTANT text[] := ARRAY['api_keys', 'outbox', 'contact_notes', 'ct_schema'];
    name text;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus') THEN
        RAISE NOTICE 'Citus is not installed in this database: nothing was changed.';
        RETURN;
    END IF;
    FOREACH name IN ARRAY everywhere LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = name::regclass) THEN
            PERFORM create_reference_table(name::regclass);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'locations'::regclass) THEN
        PERFORM create_distributed_table('locations'::regclass, 'id');
    END IF;
    FOREACH name IN ARRAY spread LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = name::regclass) THEN
            PERFORM create_distributed_table(name::regclass, 'location_id', colocate_with => 'locations');
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT 1 FROM pg_dist_partition WHERE logicalrelid = 'kept_answers'::regclass) THEN
        -- By key, so that what a client sends again is looked up on one worker.
        PERFORM create_distributed_table('kept_answers'::regclass, 'key_id', colocate_with => 'none');
    END IF;
END
$$;
