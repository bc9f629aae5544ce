-- The change log: for each dataset a table of (transaction, key), filled by statement-level triggers
-- with transition tables and read by exports as a window between two snapshots. A row says that a
-- key was touched, not how: an export looks the row up, and a key without a row was deleted.
-- `enable always`: a session with session_replication_role = replica is captured too.

create table perigee.dataset_epochs (
  dataset text primary key,
  -- Moves when the log cannot tell what changed (TRUNCATE); exports of an older epoch start over.
  epoch bigint not null default 1,
  -- Log rows of transactions before this one are gone.
  pruned_before xid8 not null default '0'
);

-- Only the transaction that gets the lock notifies: a NOTIFY in every transaction would serialise
-- all commits. Who skipped it is still in progress when the listener reads, so the listener looks
-- again for as long as its snapshot lists transactions in progress.
do $$
declare
  dataset record;
  columns text;
begin
  for dataset in
    select * from (values
      ('broadcasts', 'broadcasts', array['id integer']),
      ('contactActivities', 'contact_activities', array['row_id bigint']),
      ('contacts', 'contacts', array['contact_id bigint']),
      ('devices', 'devices', array['application_id integer', 'device_id text']),
      ('events', 'events', array['event_id bigint']),
      ('messages', 'messages', array['message_id integer']),
      ('orderItems', 'order_items', array['row_id bigint']),
      ('orders', 'orders', array['order_id integer']),
      ('revenue', 'revenue', array['row_id bigint'])
    ) as listed (name, table_name, key)
  loop
    select string_agg(split_part(column_definition, ' ', 1), ', ' order by position)
      into columns
      from unnest(dataset.key) with ordinality as listed_key (column_definition, position);

    insert into perigee.dataset_epochs (dataset) values (dataset.name);

    execute format(
      'create table perigee.changes_of_%1$s (xid xid8 not null default pg_current_xact_id(), %2$s not null)
         with (autovacuum_vacuum_insert_scale_factor = 0.5)',
      dataset.table_name, array_to_string(dataset.key, ' not null, '));
    execute format('create index changes_of_%1$s_xid on perigee.changes_of_%1$s (xid)', dataset.table_name);
    execute format(
      'comment on table perigee.changes_of_%1$s is ''Change log of perigee.%1$s: which transaction touched which key. Written by triggers, pruned by the daemon; not for other programs.''',
      dataset.table_name);

    execute format(
      'create function perigee.log_%1$s() returns trigger language plpgsql security definer
         set search_path = pg_catalog as $body$
       begin
         insert into perigee.changes_of_%1$s (%2$s) select %2$s from changed;
         if found and pg_try_advisory_xact_lock(8101190) then
           perform pg_notify(''perigee_changes'', '''');
         end if;
         return null;
       end $body$', dataset.table_name, columns);
    execute format(
      'create function perigee.log_key_change_of_%1$s() returns trigger language plpgsql security definer
         set search_path = pg_catalog as $body$
       begin
         insert into perigee.changes_of_%1$s (%2$s) select %3$s;
         return null;
       end $body$', dataset.table_name, columns, 'old.' || replace(columns, ', ', ', old.'));
    execute format(
      'create function perigee.log_truncate_of_%1$s() returns trigger language plpgsql security definer
         set search_path = pg_catalog as $body$
       begin
         update perigee.dataset_epochs set epoch = epoch + 1 where dataset = %2$L;
         perform pg_notify(''perigee_changes'', '''');
         return null;
       end $body$', dataset.table_name, dataset.name);

    execute format(
      'create trigger log_insert after insert on perigee.%1$s
         referencing new table as changed for each statement execute function perigee.log_%1$s()',
      dataset.table_name);
    execute format(
      'create trigger log_update after update on perigee.%1$s
         referencing new table as changed for each statement execute function perigee.log_%1$s()',
      dataset.table_name);
    execute format(
      'create trigger log_delete after delete on perigee.%1$s
         referencing old table as changed for each statement execute function perigee.log_%1$s()',
      dataset.table_name);
    -- The update trigger above logs the new key; a key that moved leaves its old one behind.
    execute format(
      'create trigger log_key_change after update of %2$s on perigee.%1$s
         for each row when ((%3$s) is distinct from (%4$s))
         execute function perigee.log_key_change_of_%1$s()',
      dataset.table_name, columns,
      'old.' || replace(columns, ', ', ', old.'), 'new.' || replace(columns, ', ', ', new.'));
    execute format(
      'create trigger log_truncate after truncate on perigee.%1$s
         for each statement execute function perigee.log_truncate_of_%1$s()',
      dataset.table_name);
    execute format(
      'alter table perigee.%1$s enable always trigger log_insert, enable always trigger log_update,
         enable always trigger log_delete, enable always trigger log_key_change,
         enable always trigger log_truncate', dataset.table_name);
  end loop;
end $$;
