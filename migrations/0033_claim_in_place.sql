-- A claim changes no column that an index has: Postgres then writes a row's new version beside the
-- old one and touches no index (a heap-only update), which is half of what a claim cost. For that the
-- page must have room for a second, longer version of each of its rows. Pages that are full already
-- stay as they are; their claims cost what they did.

alter table perigee.deliveries add column claimed_until timestamptz;
alter table perigee.deliveries set (fillfactor = 45);

comment on column perigee.deliveries.due_at is 'Pending: when it may be claimed.';
comment on column perigee.deliveries.claimed_until is 'While claimed_by is set: when that claim runs out, and anyone may claim the delivery again.';
