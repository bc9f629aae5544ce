-- While somebody looks at the change log every few milliseconds anyway, writers need not find out
-- whether they should notify: the question costs a small transaction as much as its log row does. Who
-- looks holds an advisory lock meanwhile, for a tenth of a second at a time and never for longer than
-- one statement, so that a daemon that stops in between silences nobody for long.
--
-- A writer that gets a share of the lock goes on as before (0041). One that does not is seen when the
-- holder looks again after it let go: by then it is committed, or it is among what is running, which
-- is looked for until it has ended.
--
-- The share is given back at once. Kept until the end of a long transaction, it would keep the lock
-- from those who look, and every small transaction of that time would have to ask.
create function perigee.give_back_and_wake() returns void language plpgsql as $body$
begin
  perform pg_catalog.pg_advisory_unlock_shared(8101190);
  perform perigee.wake_listeners();
end $body$;
revoke all on function perigee.give_back_and_wake() from public;

do $$
declare
  dataset record;
begin
  for dataset in
    select listed.table_name, listed.columns from (values
      ('broadcasts', 'id'),
      ('contact_activities', 'row_id'),
      ('contacts', 'contact_id'),
      ('devices', 'application_id, device_id'),
      ('events', 'event_id'),
      ('messages', 'message_id'),
      ('order_items', 'row_id'),
      ('orders', 'order_id'),
      ('revenue', 'row_id')
    ) as listed (table_name, columns)
  loop
    -- The lock is asked for in an expression of its own: as a part of `found and …` it could be taken
    -- and not given back. With few nodes, because each transaction builds the expression anew.
    execute format(
      'create or replace function perigee.log_%1$s() returns trigger
         language plpgsql security definer as $body$
       begin
         insert into perigee.changes_of_%1$s (%2$s) select %2$s from changed;
         if found then
           if pg_catalog.pg_try_advisory_lock_shared(8101190) then
             perform perigee.give_back_and_wake();
           end if;
         end if;
         return null;
       end $body$', dataset.table_name, dataset.columns);
  end loop;
end $$;
