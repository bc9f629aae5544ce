-- The change log: for each dataset a table of (transaction, key), filled by statement-level triggers
-- with transition tables and read by exports as a window between two snapshots. A row says that a
-- key was touched, not how: an export looks the row up, and a key without a row was deleted.
--
-- The functions are `security definer`, so whoever may write a dataset needs no right on its log.
-- Triggers are `enable always`: a session with session_replication_role = replica is captured too.
-- Not captured, because Postgres fires no statement-level trigger there: the apply worker of a
-- logical replication subscription whose target is a dataset (docs/hub.md tells writers).

create table perigee.dataset_epochs (
  dataset text primary key,
  -- Moves when the log cannot tell what changed (TRUNCATE); exports of an older epoch start over.
  epoch bigint not null default 1,
  -- Log rows of transactions before this one are gone.
  pruned_before xid8 not null default '0'
);
comment on table perigee.dataset_epochs is
  'Where the change log of each dataset begins. Kept by triggers and the daemon; not for other programs.';

-- Wakes the daemons that listen, from few of the transactions that write: a NOTIFY in every one
-- would serialise all commits. Who gets the lock notifies. Who does not is still in progress when
-- the holder commits, and the listener looks again for as long as its snapshot lists transactions
-- in progress, so nothing stays unseen.
--
-- The lock's number changes ten times a second (and comes again after a minute), and a transaction
-- takes one lock at most. With one number for all, a long transaction would keep every other one
-- from notifying until it ends; without the limit, it would fill the server's lock table.
--
-- `set local perigee.notify = off` leaves the NOTIFY out, for transactions that PREPARE: Postgres
-- refuses to prepare one that has notified.
--
-- This and the functions below run with the owner's rights and the writer's search_path: a SET
-- clause costs a tenth of a small update. So every name is qualified and no operator is used.
create function perigee.wake_listeners() returns void language plpgsql as $body$
begin
  if pg_catalog.texteq(coalesce(pg_catalog.current_setting('perigee.notify', true), ''), '')
    and pg_catalog.pg_try_advisory_xact_lock(8101190, pg_catalog.int4div(
      pg_catalog.date_part('milliseconds', pg_catalog.clock_timestamp())::integer, 100))
  then
    perform pg_catalog.pg_notify('perigee_changes', '');
    perform pg_catalog.set_config('perigee.notify', 'done', true);
  end if;
end $body$;
revoke all on function perigee.wake_listeners() from public;

do $$
declare
  dataset record;
  columns text;
begin
  for dataset in
    select listed.name, listed.table_name, listed.key from (values
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
      'create table perigee.changes_of_%1$s (xid xid8 not null default pg_catalog.pg_current_xact_id(), %2$s not null)
         with (autovacuum_vacuum_insert_scale_factor = 0.5)',
      dataset.table_name, array_to_string(dataset.key, ' not null, '));
    execute format('create index changes_of_%1$s_xid on perigee.changes_of_%1$s (xid)', dataset.table_name);
    execute format(
      'comment on table perigee.changes_of_%1$s is ''Change log of perigee.%1$s: which transaction touched which key. Written by triggers, pruned by the daemon; not for other programs.''',
      dataset.table_name);

    execute format(
      'create function perigee.log_%1$s() returns trigger language plpgsql security definer as $body$
       begin
         insert into perigee.changes_of_%1$s (%2$s) select %2$s from changed;
         if found then perform perigee.wake_listeners(); end if;
         return null;
       end $body$', dataset.table_name, columns);
    execute format(
      'create function perigee.log_key_change_of_%1$s() returns trigger language plpgsql security definer as $body$
       begin
         insert into perigee.changes_of_%1$s (%2$s) select %3$s;
         return null;
       end $body$', dataset.table_name, columns, 'old.' || replace(columns, ', ', ', old.'));
    execute format(
      'create function perigee.log_truncate_of_%1$s() returns trigger language plpgsql security definer as $body$
       begin
         update perigee.dataset_epochs set epoch = pg_catalog.int8inc(epoch)
           where pg_catalog.texteq(dataset, %2$L);
         perform perigee.wake_listeners();
         return null;
       end $body$', dataset.table_name, dataset.name);
    -- Firing needs no right on the function; without it nobody else can attach it to a table.
    execute format(
      'revoke all on function perigee.log_%1$s(), perigee.log_key_change_of_%1$s(),
         perigee.log_truncate_of_%1$s() from public', dataset.table_name);

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
