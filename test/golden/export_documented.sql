create table if not exists "public"."perigee_cursors" (
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

comment on table "public"."perigee_cursors" is 'How far each table follows the hub; moves in the same transaction as the rows. Deleting a row makes the next export compare that table in full. Written by Perigee.';

create table if not exists "public"."perigee_rejects" (
  table_name text not null,
  dataset text not null,
  key jsonb not null,
  sqlstate text not null,
  column_name text,
  is_delete boolean not null default false,
  rejected_at timestamp with time zone not null default now(),
  primary key (table_name, key)
);

comment on table "public"."perigee_rejects" is 'Rows that a table here refused, by key; the rest was exported. A row is tried again when it changes in the hub or the table is resynced.';

comment on column "public"."perigee_rejects".sqlstate is 'Why: the SQLSTATE with which the table refused the row; 22000 where the column cannot hold the value without changing it.';

create or replace view "public"."perigee_exports" as
  select dataset, table_name, export_name as export, confirmed_at as last_success,
    changed_at as last_change, rows_changed as rows, rows_rejected as rejected,
    snapshot as hub_snapshot, now() - read_at as lag
  from "public"."perigee_cursors";

comment on view "public"."perigee_exports" is 'Freshness of the tables that Perigee keeps here: lag is the age of the hub''s state that a table shows, rows what its last change moved. While nothing changes in the hub nothing is written here, and the table is up to date although lag grows.';

create table "public"."broadcasts" (
  "createdDate" timestamp,
  "groupId" integer,
  "id" integer not null,
  "mediaType" varchar(50),
  "messageId" integer,
  "name" varchar(1000),
  "startedDate" timestamp,
  "status" varchar(50),
  "updatedDate" timestamp
) with (fillfactor = 85);

comment on table "public"."broadcasts" is 'Bulk campaigns sent to segments. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "public"."broadcasts"."createdDate" is 'UTC.';

comment on column "public"."broadcasts"."startedDate" is 'UTC.';

comment on column "public"."broadcasts"."updatedDate" is 'UTC.';

alter table "public"."broadcasts" add primary key ("id");

create table "public"."contactActivities" (
  "activityStatus" varchar(100),
  "broadcastId" integer,
  "campaignType" varchar(50),
  "clickEventLink" varchar(1000),
  "contactId" bigint,
  "statusDescription" varchar(1000),
  "eventKey" varchar(100),
  "eventTypeKey" varchar(100),
  "externalCustomerId" varchar(100),
  "mediaType" varchar(50),
  "messageInstanceId" integer,
  "messageLanguageCode" varchar(50),
  "messageName" varchar(100),
  "messageId" integer,
  "messageTags" varchar(200),
  "messageURL" varchar(1000),
  "senderName" varchar(200),
  "activityDateTime" timestamp,
  "utmCampaign" varchar(400),
  "workflowId" text,
  "workflowInstanceId" varchar(200),
  "workflowBlockId" varchar(200),
  "_rowId" bigint not null
) with (fillfactor = 85);

comment on table "public"."contactActivities" is 'What happened to each message that was sent: delivered, opened, clicked and so on. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "public"."contactActivities"."activityDateTime" is 'UTC.';

comment on column "public"."contactActivities"."_rowId" is 'Technical key: the identity of the hub''s row.';

alter table "public"."contactActivities" add primary key ("_rowId");

create table "public"."contacts" (
  "contactId" bigint not null,
  "contactSource" varchar(50),
  "createdDate" timestamp,
  "email" varchar(50),
  "emailDomain" varchar(100),
  "emailStatus" varchar(50),
  "externalCustomerId" varchar(100),
  "firstName" varchar(50),
  "languageCode" varchar(20),
  "lastClickedDate" timestamp,
  "lastName" varchar(50),
  "lastReceivedDate" timestamp,
  "lastSentDate" timestamp,
  "lastViewedDate" timestamp,
  "sms" varchar(50),
  "totalClicked" integer,
  "totalReceived" integer,
  "totalSent" integer,
  "totalViewed" integer
) with (fillfactor = 85);

comment on table "public"."contacts" is 'The people messages are sent to. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "public"."contacts"."createdDate" is 'UTC.';

comment on column "public"."contacts"."lastClickedDate" is 'UTC.';

comment on column "public"."contacts"."lastReceivedDate" is 'UTC.';

comment on column "public"."contacts"."lastSentDate" is 'UTC.';

comment on column "public"."contacts"."lastViewedDate" is 'UTC.';

alter table "public"."contacts" add primary key ("contactId");

create table "public"."devices" (
  "appVersion" varchar(50),
  "applicationId" integer not null,
  "category" varchar(50),
  "contactId" bigint,
  "deviceId" varchar(250) not null,
  "deviceModel" varchar(100),
  "externalCustomerId" varchar(100),
  "languageCode" varchar(20),
  "osType" varchar(50),
  "osVersion" varchar(50),
  "pushToken" text,
  "timeZone" varchar(100)
) with (fillfactor = 85);

comment on table "public"."devices" is 'Apps and browsers that receive push messages. Kept equal to the hub by Perigee; columns that you add stay yours.';

alter table "public"."devices" add primary key ("applicationId", "deviceId");

create table "public"."events" (
  "contactId" bigint,
  "eventId" bigint not null,
  "eventTypeKey" text,
  "keyValue" text,
  "occured" timestamp,
  "paramsJson" jsonb
) with (fillfactor = 85);

comment on table "public"."events" is 'Things that happened and that can start a workflow; triggers add one per contact and run. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "public"."events"."occured" is 'UTC.';

alter table "public"."events" add primary key ("eventId");

create table "public"."messages" (
  "annoyanceLevel" integer,
  "language" varchar(50),
  "mediaType" varchar(50),
  "messageId" integer not null,
  "name" varchar(200),
  "replyTo" varchar(200),
  "sender" varchar(200),
  "subject" varchar(1000),
  "tags" varchar(200),
  "translations" varchar(200),
  "updateDate" timestamp
) with (fillfactor = 85);

comment on table "public"."messages" is 'Message templates. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "public"."messages"."updateDate" is 'UTC.';

alter table "public"."messages" add primary key ("messageId");

create table "public"."orderItems" (
  "cost" numeric,
  "description" varchar(300),
  "externalProductId" varchar(100),
  "imageUrl" varchar(200),
  "name" varchar(100),
  "orderDate" timestamp,
  "orderId" integer,
  "quantity" integer,
  "url" varchar(200),
  "_rowId" bigint not null
) with (fillfactor = 85);

comment on table "public"."orderItems" is 'Products of orders. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "public"."orderItems"."orderDate" is 'UTC.';

comment on column "public"."orderItems"."_rowId" is 'Technical key: the identity of the hub''s row.';

alter table "public"."orderItems" add primary key ("_rowId");

create table "public"."orders" (
  "contactId" bigint,
  "deliveryAddress" varchar(100),
  "deliveryMethod" varchar(50),
  "discount" numeric,
  "email" varchar(50),
  "externalOrderId" varchar(100),
  "firstName" varchar(50),
  "lastName" varchar(50),
  "orderCreatedDate" timestamp,
  "orderDate" timestamp,
  "orderId" integer not null,
  "paymentMethod" varchar(50),
  "Phone" varchar(50),
  "Status" varchar(50),
  "totalCost" numeric
) with (fillfactor = 85);

comment on table "public"."orders" is 'Orders of contacts. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "public"."orders"."orderCreatedDate" is 'UTC.';

comment on column "public"."orders"."orderDate" is 'UTC.';

alter table "public"."orders" add primary key ("orderId");

create table "public"."revenue" (
  "activityStatus" varchar(100),
  "campaignType" varchar(50),
  "clickEventLink" varchar(1000),
  "contactId" bigint,
  "currency" varchar(3),
  "externalCustomerId" varchar(100),
  "externalOrderId" varchar(200),
  "mediaType" varchar(50),
  "messageInstanceId" integer,
  "messageName" varchar(100),
  "messageTags" varchar(200),
  "messageUrl" varchar(1000),
  "orderDate" timestamp,
  "senderName" varchar(200),
  "activityDateTime" timestamp,
  "totalCost" numeric,
  "utmCampaign" varchar(400),
  "_rowId" bigint not null
) with (fillfactor = 85);

comment on table "public"."revenue" is 'Orders attributed to the messages that led to them. Kept equal to the hub by Perigee; columns that you add stay yours.';

comment on column "public"."revenue"."orderDate" is 'UTC.';

comment on column "public"."revenue"."activityDateTime" is 'UTC.';

comment on column "public"."revenue"."_rowId" is 'Technical key: the identity of the hub''s row.';

alter table "public"."revenue" add primary key ("_rowId");
