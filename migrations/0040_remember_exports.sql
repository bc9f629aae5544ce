-- How far exports have come, as the hub last heard: what the change log is kept for. The cursors
-- that count lie in the customers' databases, beside the rows; these may be older, never newer.
create table perigee.export_cursors (
  export_name text not null,
  dataset text not null,
  snapshot text not null,
  read_at timestamptz not null,
  reported_at timestamptz not null default now(),
  -- The change log was cut off behind it; its next run compares in full.
  is_cut_off boolean not null default false,
  primary key (export_name, dataset)
);
comment on table perigee.export_cursors is 'How far each export of each dataset has come: read_at is the time of the hub state that the customer''s table shows. The change log is kept back to the oldest snapshot here; is_cut_off marks exports that fell behind its limit.';
