-- What libphonenumber makes of numbers as customers' databases write them, so that a number is
-- parsed once and joins stay in SQL. Only a cache: rows may be deleted at any time.

create table perigee.phone_numbers (
  country text not null,
  written text not null,
  number text,
  primary key (country, written)
);
comment on table perigee.phone_numbers is 'Cache of phone numbers as written and in E.164. Written by the daemon; not for other programs.';
comment on column perigee.phone_numbers.country is 'Country that numbers without their country''s code were taken for; empty is none.';
comment on column perigee.phone_numbers.written is 'The number as a customer''s row has it.';
comment on column perigee.phone_numbers.number is 'The number in E.164; null where it is no valid number.';
