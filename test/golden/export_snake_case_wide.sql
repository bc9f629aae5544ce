create schema if not exists "mail";

create table if not exists "mail"."perigee_cursors" (
  table_name text primary key,
  dataset text not null,
  export_name text not null,
  hub_id uuid not null,
  system_identifier text,
  timeline text,
  database_oid text,
  table_oid text,
  capture_version integer,
  epoch text,
  snapshot text,
  shape text,
  read_at timestamp with time zone,
  confirmed_at timestamp with time zone,
  changed_at timestamp with time zone,
  rows_changed bigint not null default 0,
  rows_rejected bigint not null default 0
) with (fillfactor = 50);

comment on table "mail"."perigee_cursors" is 'How far each table follows the hub; moves in the same transaction as the rows. Deleting a row makes the next export compare that table in full. Written by Perigee.';

create table "mail"."broadcasts" (
  "created_date" timestamp,
  "group_id" integer,
  "id" integer not null,
  "media_type" text,
  "message_id" integer,
  "name" text,
  "started_date" timestamp,
  "status" text,
  "updated_date" timestamp
) with (fillfactor = 85);

comment on table "mail"."broadcasts" is 'Bulk campaigns sent to segments. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "mail"."broadcasts"."created_date" is 'UTC.';

comment on column "mail"."broadcasts"."started_date" is 'UTC.';

comment on column "mail"."broadcasts"."updated_date" is 'UTC.';

alter table "mail"."broadcasts" add primary key ("id");

create table "mail"."contact_activities" (
  "activity_status" text,
  "broadcast_id" integer,
  "campaign_type" text,
  "click_event_link" text,
  "contact_id" bigint,
  "status_description" text,
  "event_key" text,
  "event_type_key" text,
  "external_customer_id" text,
  "media_type" text,
  "message_instance_id" integer,
  "message_language_code" text,
  "message_name" text,
  "message_id" integer,
  "message_tags" text,
  "message_url" text,
  "sender_name" text,
  "activity_date_time" timestamp,
  "utm_campaign" text,
  "workflow_id" text,
  "workflow_instance_id" text,
  "workflow_block_id" text,
  "activity" text,
  "error_code" text,
  "started" timestamp,
  "row_id" bigint not null
) with (fillfactor = 85);

comment on table "mail"."contact_activities" is 'What happened to each message that was sent: delivered, opened, clicked and so on. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "mail"."contact_activities"."activity_date_time" is 'UTC.';

comment on column "mail"."contact_activities"."activity" is 'The older name of activityStatus, with the same value. Use activityStatus.';

comment on column "mail"."contact_activities"."error_code" is 'The older name of statusDescription, with the same value. Use statusDescription.';

comment on column "mail"."contact_activities"."started" is 'The older name of activityDateTime, with the same value. Use activityDateTime.';

comment on column "mail"."contact_activities"."row_id" is 'Technical key: the identity of the hub''s row.';

alter table "mail"."contact_activities" add primary key ("row_id");

create table "mail"."contacts" (
  "contact_id" bigint not null,
  "contact_source" text,
  "created_date" timestamp,
  "email" text,
  "email_domain" text,
  "email_status" text,
  "external_customer_id" text,
  "first_name" text,
  "language_code" text,
  "last_clicked_date" timestamp,
  "last_name" text,
  "last_received_date" timestamp,
  "last_sent_date" timestamp,
  "last_viewed_date" timestamp,
  "sms" text,
  "total_clicked" integer,
  "total_received" integer,
  "total_sent" integer,
  "total_viewed" integer
) with (fillfactor = 85);

comment on table "mail"."contacts" is 'The people messages are sent to. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "mail"."contacts"."created_date" is 'UTC.';

comment on column "mail"."contacts"."last_clicked_date" is 'UTC.';

comment on column "mail"."contacts"."last_received_date" is 'UTC.';

comment on column "mail"."contacts"."last_sent_date" is 'UTC.';

comment on column "mail"."contacts"."last_viewed_date" is 'UTC.';

alter table "mail"."contacts" add primary key ("contact_id");

create table "mail"."devices" (
  "app_version" text,
  "application_id" integer not null,
  "category" text,
  "contact_id" bigint,
  "device_id" text not null,
  "device_model" text,
  "external_customer_id" text,
  "language_code" text,
  "os_type" text,
  "os_version" text,
  "push_token" text,
  "time_zone" text
) with (fillfactor = 85);

comment on table "mail"."devices" is 'Apps and browsers that receive push messages. Kept equal to the hub by Perigee; columns that you add stay yours.';

alter table "mail"."devices" add primary key ("application_id", "device_id");

create table "mail"."events" (
  "contact_id" bigint,
  "event_id" bigint not null,
  "event_type_key" text,
  "key_value" text,
  "occured" timestamp,
  "params_json" jsonb
) with (fillfactor = 85);

comment on table "mail"."events" is 'Things that happened and that can start a workflow; triggers add one per contact and run. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "mail"."events"."occured" is 'UTC.';

alter table "mail"."events" add primary key ("event_id");

create table "mail"."messages" (
  "annoyance_level" integer,
  "language" text,
  "media_type" text,
  "message_id" integer not null,
  "name" text,
  "reply_to" text,
  "sender" text,
  "subject" text,
  "tags" text,
  "translations" text,
  "update_date" timestamp
) with (fillfactor = 85);

comment on table "mail"."messages" is 'Message templates. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "mail"."messages"."update_date" is 'UTC.';

alter table "mail"."messages" add primary key ("message_id");

create table "mail"."order_items" (
  "cost" numeric,
  "description" text,
  "external_product_id" text,
  "image_url" text,
  "name" text,
  "order_date" timestamp,
  "order_id" integer,
  "quantity" integer,
  "url" text,
  "row_id" bigint not null
) with (fillfactor = 85);

comment on table "mail"."order_items" is 'Products of orders. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "mail"."order_items"."order_date" is 'UTC.';

comment on column "mail"."order_items"."row_id" is 'Technical key: the identity of the hub''s row.';

alter table "mail"."order_items" add primary key ("row_id");

create table "mail"."orders" (
  "contact_id" bigint,
  "delivery_address" text,
  "delivery_method" text,
  "discount" numeric,
  "email" text,
  "external_order_id" text,
  "first_name" text,
  "last_name" text,
  "order_created_date" timestamp,
  "order_date" timestamp,
  "order_id" integer not null,
  "payment_method" text,
  "phone" text,
  "status" text,
  "total_cost" numeric
) with (fillfactor = 85);

comment on table "mail"."orders" is 'Orders of contacts. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "mail"."orders"."order_created_date" is 'UTC.';

comment on column "mail"."orders"."order_date" is 'UTC.';

alter table "mail"."orders" add primary key ("order_id");

create table "mail"."revenue" (
  "activity_status" text,
  "campaign_type" text,
  "click_event_link" text,
  "contact_id" bigint,
  "currency" text,
  "external_customer_id" text,
  "external_order_id" text,
  "media_type" text,
  "message_instance_id" integer,
  "message_name" text,
  "message_tags" text,
  "message_url" text,
  "order_date" timestamp,
  "sender_name" text,
  "activity_date_time" timestamp,
  "total_cost" numeric,
  "utm_campaign" text,
  "activity" text,
  "started" timestamp,
  "row_id" bigint not null
) with (fillfactor = 85);

comment on table "mail"."revenue" is 'Orders attributed to the messages that led to them. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "mail"."revenue"."order_date" is 'UTC.';

comment on column "mail"."revenue"."activity_date_time" is 'UTC.';

comment on column "mail"."revenue"."activity" is 'The older name of activityStatus, with the same value. Use activityStatus.';

comment on column "mail"."revenue"."started" is 'The older name of activityDateTime, with the same value. Use activityDateTime.';

comment on column "mail"."revenue"."row_id" is 'Technical key: the identity of the hub''s row.';

alter table "mail"."revenue" add primary key ("row_id");
