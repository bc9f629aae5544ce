-- One run at a time per name, across daemons: a tick is claimed by inserting its run, the name by
-- holding its lease. The fence grows with each holder, so a daemon that was paused and wakes up
-- finds that its fence is no longer the current one and cannot write.

create table perigee.runs (
  run_id bigint generated always as identity primary key,
  name text not null,
  scheduled_at timestamptz not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  state text not null default 'running'
    check (state in ('running', 'succeeded', 'failed', 'abandoned')),
  cause text not null check (cause in ('schedule', 'notify', 'command', 'start', 'catch_up')),
  attempts integer not null default 1,
  retry_at timestamptz,
  daemon_id uuid not null,
  counts jsonb not null default '{}',
  error_code text,
  error_message text,
  error_advice text,
  check ((state = 'running') = (finished_at is null)),
  check (retry_at is null or state in ('failed', 'abandoned')),
  unique (name, scheduled_at)
);
create index runs_finished_at on perigee.runs (finished_at);
create index runs_by_name on perigee.runs (name, run_id desc);
create index runs_unfinished on perigee.runs (name) where state = 'running' or retry_at is not null;

create table perigee.leases (
  name text primary key,
  holder uuid not null,
  fence bigint not null default 1,
  expires_at timestamptz not null,
  -- Makes the fence part of a key: a run's transaction holds the row `for key share`, which lets its
  -- own daemon move expires_at meanwhile and keeps everybody else from moving the fence.
  unique (name, fence)
);

comment on table perigee.runs is
  'Executions of imports, segments, triggers and exports, newest last.';
comment on column perigee.runs.name is 'Kind and name as in the configuration: export/shop.';
comment on column perigee.runs.scheduled_at is
  'The tick that the run stands for; each is claimed once, whatever the number of daemons.';
comment on column perigee.runs.state is
  'running, succeeded, failed, or abandoned when its daemon stopped before the end.';
comment on column perigee.runs.cause is 'schedule, notify, command, start, or catch_up for a missed tick.';
comment on column perigee.runs.attempts is 'How often the tick was tried.';
comment on column perigee.runs.retry_at is 'When the tick is tried again; null when it is not.';
comment on column perigee.runs.daemon_id is 'The daemon process that ran it last.';
comment on column perigee.runs.counts is 'What the run did, as numbers by name.';
comment on column perigee.runs.error_code is 'Documented code of what stopped the run (docs/errors.md).';
comment on column perigee.runs.error_message is 'What stopped the run, in one sentence.';
comment on column perigee.runs.error_advice is 'What to do about it.';
comment on table perigee.leases is
  'Which daemon runs what right now. A lease past expires_at is free. Not for other programs.';
