import type { DatasetName } from "../dataset/datasets.ts";

/** One statement that adds invented rows to one dataset. */
export interface DatasetStatement {
  readonly dataset: DatasetName;
  readonly sql: string;
  /** What its parameters stand for. */
  readonly values: readonly string[];
}

/**
 * A number from 0 to `below` - 1 that looks random and is the same for the same person and `salt`:
 * a multiplicative hash (Knuth, "The Art of Computer Programming", 6.4).
 */
function pick(salt: number, below: number): string {
  return `(((n + $1::bigint + ${salt}) * 2654435761) % 2147483647 % ${below})::integer`;
}

function pickFrom(salt: number, values: readonly string[]): string {
  const listed = values.map((value) => `'${value}'`).join(", ");
  return `(array[${listed}])[1 + ${pick(salt, values.length)}]`;
}

/** A moment within the year before `$2`, later for greater `repetition`. */
function momentOf(salt: number, repetition = "0"): string {
  return `($2::timestamptz - ${
    pick(salt, 8_000)
  } * interval '1 hour' + (${repetition}) * interval '5 hours')`;
}

/**
 * Rows for the datasets that are about people. `people` is a FROM item with the columns `n bigint`
 * (the person's number; no two people have the same), `contact_id`, `external_customer_id`, `email`,
 * `first_name`, `last_name`, `sms` and `language_code`. `moment` (ISO 8601) counts as now. Orders
 * get ids from the hub, and external ids that begin with `prefix`. To be run in the given order.
 */
export function personStatements(
  { people, prefix, seed, moment }: {
    people: string;
    prefix: string;
    seed: number;
    moment: string;
  },
): DatasetStatement[] {
  const orders = `${people} as person cross join generate_series(1, ${pick(11, 3)}) as k`;
  const statements: [DatasetName, string][] = [
    ["devices", devicesSql(people)],
    ["contactActivities", activitiesSql(people)],
    ["orders", ordersSql(orders, prefix)],
    ["orderItems", itemsSql(orders, prefix)],
    ["revenue", revenueSql(orders, prefix)],
    ["events", eventsSql(orders, prefix)],
  ];
  return statements.map(([dataset, sql]) => ({
    dataset,
    sql,
    values: sql.includes("$2") ? [String(seed), moment] : [String(seed)],
  }));
}

function ordersSql(orders: string, prefix: string): string {
  return `
    insert into perigee.orders
      (external_order_id, contact_id, email, phone, first_name, last_name, status, total_cost,
       discount, delivery_method, delivery_address, payment_method, order_date, order_created_date)
    select '${prefix}' || n || '-' || k, contact_id, email, sms, first_name, last_name,
      ${pickFrom(12, ["DELIVERED", "DELIVERED", "IN PROGRESS", "INITIALIZED", "CANCELED"])},
      (5 + ${pick(13, 20_000)} / 100.0)::numeric(10, 2), (${pick(14, 5)})::numeric(10, 2),
      ${pickFrom(15, ["courier", "post", "pick-up"])}, ${pick(16, 200)} + 1 || ' Example Street',
      ${pickFrom(17, ["card", "cash", "invoice"])}, ${momentOf(18, "k")},
      ${momentOf(18, "k")} + interval '2 minutes'
    from ${orders}`;
}

function eventsSql(orders: string, prefix: string): string {
  return `
    insert into perigee.events (event_type_key, key_value, contact_id, occured, params_json)
    select 'orderCreated', '${prefix}' || n || '-' || k, contact_id, ${momentOf(18, "k")},
      jsonb_build_array(jsonb_build_object('name', 'externalOrderId',
        'value', '${prefix}' || n || '-' || k))
    from ${orders}`;
}

function devicesSql(people: string): string {
  return `
    insert into perigee.devices
      (application_id, device_id, contact_id, external_customer_id, category, device_model, os_type,
       os_version, app_version, push_token, language_code, time_zone)
    select 1, 'sample-' || n, contact_id, external_customer_id,
      ${pickFrom(1, ["Phone", "Tablet"])}, ${pickFrom(2, ["Model A", "Model B", "Model C"])},
      ${pickFrom(3, ["Android", "iOS"])}, (12 + ${pick(4, 5)})::text, '2.' || ${pick(5, 9)},
      'sample-token-' || n, language_code, 'Europe/Kyiv'
    from ${people} as person where ${pick(6, 3)} = 0`;
}

function activitiesSql(people: string): string {
  return `
    insert into perigee.contact_activities
      (activity_status, activity_date_time, contact_id, external_customer_id, broadcast_id,
       campaign_type, click_event_link, media_type, message_instance_id, message_id, message_name,
       message_language_code, message_tags, sender_name, utm_campaign)
    select (array['DELIVERED', 'RECEIVED', 'CLICKED'])[k], ${momentOf(21, "k")}, contact_id,
      external_customer_id, 1 + ${pick(22, 4)}, 'Group',
      case k when 3 then 'https://shop.example.com/tea' end, 'Email', 1 + ${pick(23, 1000)},
      1 + ${pick(24, 5)}, 'Message ' || 1 + ${pick(24, 5)}, language_code, 'sample', 'Sample shop',
      'campaign-' || 1 + ${pick(22, 4)}
    from ${people} as person, generate_series(1, 1 + ${pick(25, 3)}) as k
    where ${pick(26, 2)} = 0`;
}

function itemsSql(orders: string, prefix: string): string {
  const titles = ["Green tea, 100 g", "Stoneware mug", "Glass teapot", "Tea tin"];
  return `
    insert into perigee.order_items
      (order_id, external_product_id, name, description, quantity, cost, url, image_url, order_date)
    select made.order_id, 'P' || 1 + ${pick(31, 4)}, ${pickFrom(31, titles)},
      'A product of the sample shop', 1 + ${pick(32, 3)},
      (5 + ${pick(33, 5_000)} / 100.0)::numeric(10, 2),
      'https://shop.example.com/products/' || 1 + ${pick(31, 4)},
      'https://shop.example.com/pictures/' || 1 + ${pick(31, 4)} || '.png', made.order_date
    from ${orders}
    join perigee.orders as made on made.external_order_id = '${prefix}' || n || '-' || k`;
}

function revenueSql(orders: string, prefix: string): string {
  return `
    insert into perigee.revenue
      (external_order_id, contact_id, external_customer_id, total_cost, currency, order_date,
       activity_status, activity_date_time, campaign_type, click_event_link, media_type,
       message_instance_id, message_name, message_tags, sender_name, utm_campaign)
    select made.external_order_id, person.contact_id, external_customer_id, made.total_cost, 'EUR',
      made.order_date, 'CLICKED', made.order_date - interval '3 hours', 'Group',
      'https://shop.example.com/tea', 'Email', 1 + ${pick(41, 1000)},
      'Message ' || 1 + ${pick(42, 5)}, 'sample', 'Sample shop', 'campaign-' || 1 + ${pick(43, 4)}
    from ${orders}
    join perigee.orders as made on made.external_order_id = '${prefix}' || n || '-' || k
    where ${pick(44, 4)} = 0`;
}
