-- Which contacts each segment holds. Other programs may read these tables; the daemon writes them.

create table perigee.segments (
  segment_id integer primary key,
  name text not null,
  -- The moment that the conditions took for "now".
  evaluated_at timestamptz not null,
  total bigint not null,
  unmatched bigint not null
);

create table perigee.segment_members (
  segment_id integer not null,
  contact_id bigint not null,
  entered_at timestamptz not null,
  primary key (segment_id, contact_id)
);

comment on table perigee.segments is 'Segments that were evaluated at least once, with the numbers of their last evaluation.';
comment on column perigee.segments.segment_id is 'The segment''s id in the configuration.';
comment on column perigee.segments.name is 'The segment''s name in the configuration at its last evaluation.';
comment on column perigee.segments.evaluated_at is 'The moment that the last evaluation took for "now".';
comment on column perigee.segments.total is 'Contacts in the segment.';
comment on column perigee.segments.unmatched is 'Keys of the customer''s rows that met a condition and belong to no contact.';
comment on table perigee.segment_members is 'Contacts of each segment as of its last evaluation.';
comment on column perigee.segment_members.segment_id is 'perigee.segments.segment_id';
comment on column perigee.segment_members.contact_id is 'perigee.contacts.contact_id';
comment on column perigee.segment_members.entered_at is 'The evaluation at which the contact came in, and has been in since.';
