-- Additional fields of contacts are jsonb without a declared type. These functions read a field's
-- text as what a condition compares, and answer null for what is no such thing, so that one odd
-- value does not end the evaluation of a segment.

create function perigee.number_of(value text) returns numeric
  language plpgsql immutable strict set search_path = pg_catalog as $$
begin
  return value::numeric;
exception when data_exception then
  return null;
end $$;

create function perigee.boolean_of(value text) returns boolean
  language plpgsql immutable strict set search_path = pg_catalog as $$
begin
  return value::boolean;
exception when data_exception then
  return null;
end $$;

-- A day means its midnight in the zone; a timestamp without offset is UTC.
create function perigee.moment_of(value text, zone text) returns timestamptz
  language plpgsql stable strict set search_path = pg_catalog set timezone = 'UTC' as $$
begin
  if value ~ '^\s*\d{1,6}-\d\d-\d\d\s*$' then
    return value::timestamp at time zone zone;
  end if;
  return case when value ~ '\d' or value ~ 'infinity' then value::timestamptz end;
exception when data_exception then
  return null;
end $$;

-- The day on the calendar: as written where the text has no offset, else in the zone.
create function perigee.day_of(value text, zone text) returns date
  language plpgsql stable strict set search_path = pg_catalog set timezone = 'UTC' as $$
begin
  if value ~ '^\s*\d{1,6}-\d\d-\d\d([T ][\d:.]+)?\s*$' then
    return value::timestamp::date;
  end if;
  return case when value ~ '\d' then (value::timestamptz at time zone zone)::date end;
exception when data_exception then
  return null;
end $$;

comment on function perigee.number_of is 'The number that a text spells; null when it spells none.';
comment on function perigee.boolean_of is 'The truth value that a text spells; null when it spells none.';
comment on function perigee.moment_of is 'The moment that a text spells; a day alone is its midnight in the zone, a timestamp without offset is UTC; null when it spells none.';
comment on function perigee.day_of is 'The day that a text spells, as written where it has no offset, else in the zone; null when it spells none.';
