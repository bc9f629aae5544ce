-- Ticks of triggers. A tick is planned once: who gets an event is written down in chunks of contact
-- ids, and a chunk disappears in the transaction that writes its events. So a tick that was
-- interrupted goes on with the same contacts, whoever takes it up and whenever.

create table perigee.triggers (
  name text primary key,
  known_since timestamptz not null default now()
);
comment on table perigee.triggers is 'Triggers by the moment at which they were first configured: entering counts from there.';

create table perigee.trigger_ticks (
  trigger_name text not null,
  scheduled_at timestamptz not null,
  planned_at timestamptz not null default now(),
  finished_at timestamptz,
  counts jsonb not null default '{}',
  primary key (trigger_name, scheduled_at)
);
create index trigger_ticks_unfinished on perigee.trigger_ticks (trigger_name, scheduled_at)
  where finished_at is null;
comment on table perigee.trigger_ticks is 'Runs of triggers by tick; counts is what they did so far.';

create table perigee.trigger_chunks (
  trigger_name text not null,
  scheduled_at timestamptz not null,
  chunk_no integer not null,
  contact_ids bigint[] not null,
  primary key (trigger_name, scheduled_at, chunk_no),
  foreign key (trigger_name, scheduled_at) references perigee.trigger_ticks on delete cascade
);
comment on table perigee.trigger_chunks is 'Contacts whose events of a tick are still to be written.';

create table perigee.trigger_contacts (
  trigger_name text not null,
  contact_id bigint not null,
  last_scheduled_at timestamptz,
  entered_at timestamptz,
  primary key (trigger_name, contact_id)
) with (fillfactor = 90);
create index trigger_contacts_contact_id on perigee.trigger_contacts (contact_id);
comment on table perigee.trigger_contacts is 'What the repeat rule and entering remember of each contact: the tick of its last event, and the entry into the segment that was handled last. Outlives the events themselves.';
