-- What imports remember between runs.

create table perigee.import_cursors (
  import_name text primary key,
  -- Of what is read and how it is mapped; another one means that everything is compared again.
  fingerprint text not null,
  -- Server, timeline, database and table that the snapshot belongs to; empty where it means nothing.
  source_identity text not null,
  snapshot text,
  -- Earlier snapshots with the greatest cursor value read then, oldest first.
  cursor_history jsonb not null default '[]',
  has_duplicates boolean not null,
  updated_at timestamptz not null default now()
);
comment on table perigee.import_cursors is 'How far each import has read its source. Written by the daemon; deleting a row makes the next run compare everything.';

create table perigee.import_rejects (
  import_name text not null,
  -- Empty for rows without a key.
  key text not null,
  -- Empty where the whole row was left out, else the value that was.
  field text not null,
  reason text not null,
  rows bigint not null,
  run_id bigint not null,
  rejected_at timestamptz not null default now(),
  primary key (import_name, key, field, reason)
);
comment on table perigee.import_rejects is 'Rows and values that imports left out, as of the last run that read them, at most 10,000 new ones a run.';
comment on column perigee.import_rejects.key is 'Contact key of the row as the source has it; empty for rows without one.';
comment on column perigee.import_rejects.field is 'The parameter whose value was left out; empty where the whole row was.';
comment on column perigee.import_rejects.reason is 'no_key, invalid_email, invalid_phone, invalid_value, duplicate, ambiguous or taken; docs/imports.md explains them.';
comment on column perigee.import_rejects.rows is 'How many rows of the source it concerns.';

create table perigee.import_links (
  import_name text not null,
  source_key text not null,
  row_id bigint not null,
  primary key (import_name, source_key)
);
comment on table perigee.import_links is 'Which row of a dataset each row of a source became, where the dataset''s own columns do not tell. Written by the daemon; not for other programs.';

-- Reads a text as a type and writes it as text again; null when it cannot be read. Only for rows of
-- sources that hold such values: it takes a plan and a subtransaction a call.
create function perigee.text_as(value text, type text) returns text
  language plpgsql stable strict set search_path = pg_catalog set timezone = 'UTC' as $$
declare
  written text;
begin
  if type !~ '^[a-z][a-z0-9_ ]*(\([0-9]+(, ?[0-9]+)?\))?$' then
    raise invalid_parameter_value using message = 'not the name of a type';
  end if;
  execute format('select ($1::%s)::text', type) into written using value;
  return written;
exception when data_exception then
  return null;
end $$;
comment on function perigee.text_as is 'A text as it reads back from a type; null when the type cannot hold it.';
