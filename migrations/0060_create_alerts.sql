-- What is wrong right now, once for all daemons. Each daemon reports what it sees for as long as it
-- sees it; an alert is raised with the first report and cleared after the last one. The unique key
-- decides which daemon raises it, the deleted row which one clears it, and that one queues the notices.

create table perigee.alerts (
  subject text not null,
  condition text not null,
  code text not null,
  message text not null,
  advice text,
  raised_at timestamptz not null default now(),
  primary key (subject, condition)
);

create table perigee.alert_reports (
  subject text not null,
  condition text not null,
  daemon_id uuid not null,
  -- A daemon that dies stops reporting.
  expires_at timestamptz not null,
  primary key (subject, condition, daemon_id)
);

create table perigee.alert_notices (
  notice_id bigint generated always as identity primary key,
  -- Digest of the address: the address itself often is a secret.
  webhook text not null,
  type text not null check (type in ('alert.raised', 'alert.cleared')),
  subject text not null,
  condition text not null,
  code text not null,
  message text not null,
  advice text,
  raised_at timestamptz not null,
  created_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  -- Only the latest claim may say how the notice ended.
  claim_no integer not null default 0
);
create index alert_notices_due on perigee.alert_notices (webhook, due_at);

comment on table perigee.alerts is 'What is wrong right now. Written while alerts.webhooks are configured.';
comment on column perigee.alerts.subject is 'Kind and name as in the configuration (export/shop), or configuration.';
comment on column perigee.alerts.condition is 'failing, stale, down, open, disabled or refused.';
comment on column perigee.alerts.code is 'Documented code (docs/errors.md).';
comment on table perigee.alert_reports is 'Which daemon sees which trouble. Not for other programs.';
comment on table perigee.alert_notices is 'Alerts and recoveries that are still to be sent, one row for each webhook. Not for other programs.';
