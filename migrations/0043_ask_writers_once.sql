-- Each expression that a trigger's function evaluates is built anew in every transaction, and costs a
-- small one a tenth of what its log row does. So the function asks one question, whether somebody
-- looks at the log anyway (0042), and whether there was a row at all only where nobody does.
--
-- The lock is still asked for in an expression of its own: as a part of `… and found` it could be
-- taken and not given back.
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
    execute format(
      'create or replace function perigee.log_%1$s() returns trigger
         language plpgsql security definer as $body$
       begin
         insert into perigee.changes_of_%1$s (%2$s) select %2$s from changed;
         if pg_catalog.pg_try_advisory_lock_shared(8101190) then
           if found then perform perigee.give_back_and_wake();
           else perform pg_catalog.pg_advisory_unlock_shared(8101190);
           end if;
         end if;
         return null;
       end $body$', dataset.table_name, dataset.columns);
  end loop;
end $$;
