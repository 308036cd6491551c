-- Spreads a store of ct over the workers of a Citus cluster. What must be there before: the extension citus and the role
-- and database of ct on every machine, the coordinator told of its workers (citus_add_node), and ct's tables, which any
-- command makes (`ct status`). Run it once on the coordinator, as the user that ct is; run again, it changes nothing.
-- Plain PostgreSQL accepts it too, says that there is nothing to do, and stays as it is.
--
--   psql postgresql://ct@coordinator.example.org/ct -f citus.sql
--
-- All of it is done, or nothing. Everything about a location lies on one worker (the location leads every key), so a
-- return is recorded there whole; what is small, or is not about one location, is on every worker. What was in a table
-- before lies on in the coordinator's files after it was spread, and is erased there: what is erased by and by, such as a
-- user, would stay there for good.
-- Source: https://docs.citusdata.com/en/stable/develop/api_udf.html
\set ON_ERROR_STOP on
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
    IF NOT EXISTS (SELECT 1 FROM citus_get_active_worker_nodes()) THEN
        RAISE EXCEPTION 'The coordinator knows no workers; nothing was changed.'
            USING HINT = 'Tell it of each: SELECT citus_add_node(''worker.example.org'', 5432);';
    END IF;
    FOREACH name IN ARRAY everywhere || spread || ARRAY['locations', 'kept_answers'] LOOP
        IF to_regclass(name) IS NULL THEN
            RAISE EXCEPTION 'The table % is not there; nothing was changed.', name
                USING HINT = 'Have ct make its tables first: type ct status, with CT_BACKEND and CT_DATABASE set.';
        END IF;
    END LOOP;
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
    FOREACH name IN ARRAY everywhere || spread || ARRAY['locations', 'kept_answers'] LOOP
        PERFORM truncate_local_data_after_distributing_table(name::regclass);
    END LOOP;
END
$$;
