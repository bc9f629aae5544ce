-- Of many small transactions that follow one another only few have to notify: whoever listens looks
-- again 10 ms after it was told, and then for as long as what it found running still runs. So a
-- transaction that comes within 5 ms of a wake-up leaves it out. A lock that ends with its
-- transaction cannot say so: between short transactions it is free nearly always, and each of them
-- would notify, which serialises their commits.
--
-- A sequence remembers the last wake-up, because writing it waits for nobody and is seen before the
-- commit. Two transactions that read it at once both notify, which harms nobody.
create sequence perigee.last_wake_up;
comment on sequence perigee.last_wake_up is
  'When listeners were last woken, as Unix time in ms. Kept by triggers; not for other programs.';

create or replace function perigee.wake_listeners() returns void language plpgsql as $body$
declare
  now_ms bigint;
  elapsed_ms bigint;
begin
  if pg_catalog.texteq(coalesce(pg_catalog.current_setting('perigee.notify', true), ''), '') then
    now_ms := pg_catalog.float8mul(
      pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()), 1000)::bigint;
    elapsed_ms := pg_catalog.int8mi(now_ms, coalesce(
      pg_catalog.pg_sequence_last_value('perigee.last_wake_up'::pg_catalog.regclass), 0));
    -- Less than none: the clock was set back.
    if pg_catalog.int8ge(elapsed_ms, 5) or pg_catalog.int8lt(elapsed_ms, 0) then
      perform pg_catalog.setval('perigee.last_wake_up'::pg_catalog.regclass, now_ms);
      perform pg_catalog.pg_notify('perigee_changes', '');
      perform pg_catalog.set_config('perigee.notify', 'done', true);
    end if;
  end if;
end $body$;
