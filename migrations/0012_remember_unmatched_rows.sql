-- Rows of datasets whose contact is not there yet. An import reads a row again only when it changes,
-- so what it needs to link the row later is kept here.
create table perigee.import_unmatched (
  import_name text not null,
  -- The values of the dataset's key, in its order, as a JSON array.
  row_key jsonb not null,
  contact_key text not null,
  primary key (import_name, row_key)
);
comment on table perigee.import_unmatched is 'Imported rows of orders and other datasets whose contact is not in the hub; they are linked at the import''s first run after the contact came. Written by the daemon; not for other programs.';
comment on column perigee.import_unmatched.row_key is 'Values of the dataset''s key, in its order.';
comment on column perigee.import_unmatched.contact_key is 'The contact''s key as the connector compares it.';
