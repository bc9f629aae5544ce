import type { Sql, TransactionSql } from "postgres";
import { makePeople, type Person, seededRandom } from "./people.ts";
import { shopDdl } from "./shop_ddl.ts";

/** How many customers the sample shop has; their ids are 1 to this. */
export const sampleCustomers = 200;

/** What the sample draws its people from; any number, but one for the shop and the hub. */
export const sampleSeed = 1043;

/** What became of the sample shop. */
export interface SeededShop {
  /** False when the shop was there already; then nothing was written. */
  readonly isNew: boolean;
  readonly customers: number;
  readonly promoCodes: number;
}

/** Any number that nothing else in the customer's database locks. */
const shopLock = 8_101_188;

/** As many rows of `promo_codes` belong to people who are no customers: they match no contact. */
const strangers = 2;

const products = [
  { sku: "TEA-01", title: "Green tea, 100 g", price: "6.50" },
  { sku: "MUG-02", title: "Stoneware mug", price: "14.00" },
  { sku: "POT-03", title: "Glass teapot", price: "32.90" },
  { sku: "TIN-04", title: "Tea tin", price: "9.20" },
  { sku: "HNY-05", title: "Linden honey, 250 g", price: "8.75" },
];

/**
 * Fills the customer database of the sample: customers, purchases and promo codes, some of them with
 * a birthday on the day that `now` is in `timezone`. The same seed and day give the same rows.
 *
 * Does nothing when the shop is there already. All in one transaction under an advisory lock: of
 * two daemons at once one makes the shop, and one that is killed leaves nothing behind.
 */
export async function seedShop(
  sql: Sql,
  options: { now: Date; timezone: string },
): Promise<SeededShop> {
  const now = options.now.toISOString();
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${shopLock})`;
    const [shop] = await tx<{ isNew: boolean; today: string }[]>`
      select to_regclass('public.customers') is null as "isNew",
        (${now}::timestamptz at time zone ${options.timezone})::date::text as today`;
    const isNew = shop?.isNew === true;
    if (isNew) await insertShop(tx, shop.today, now);
    const [counted] = await tx<{ customers: number; promoCodes: number }[]>`
      select (select count(*)::integer from customers) as customers,
        (select count(*)::integer from promo_codes) as "promoCodes"`;
    return { isNew, customers: 0, promoCodes: 0, ...counted };
  });
}

async function insertShop(tx: TransactionSql, today: string, now: string): Promise<void> {
  const people = makePeople({ count: sampleCustomers + strangers, seed: sampleSeed, today });
  const customers = people.slice(0, sampleCustomers);
  await tx.unsafe(shopDdl);
  await tx`
    insert into customers
      (id, email, first_name, last_name, phone, birthday, city, language, created_at)
    select id, email, "firstName", "lastName", phone, birthday, city, language,
      ${now}::timestamptz - id * interval '31 hours'
    from jsonb_to_recordset(${JSON.stringify(customers)}::text::jsonb) as person
      (id integer, email text, "firstName" text, "lastName" text, phone text, birthday date,
       city text, language text)`;
  await insertPurchases(tx, customers, now);
  await tx`
    insert into promo_codes (id, email, name, birthday, promo_code)
    select id, email, name, birthday, code
    from jsonb_to_recordset(${JSON.stringify(makePromoCodes(people))}::text::jsonb) as gift
      (id integer, email text, name text, birthday date, code text)`;
  for (const table of ["customers", "purchases", "promo_codes"]) {
    await tx`
      select setval(pg_get_serial_sequence(${table}, 'id'), max(id)) from ${tx(table)}`;
  }
}

async function insertPurchases(
  tx: TransactionSql,
  customers: readonly Person[],
  now: string,
): Promise<void> {
  await tx`
    insert into purchases (id, customer_id, status, total, placed_at)
    select row_number() over (order by id, purchase), id,
      (array['delivered', 'delivered', 'in progress', 'canceled'])[1 + (id + purchase) % 4], 0,
      ${now}::timestamptz - (id * 7 + purchase * 90) * interval '5 hours'
    from generate_series(1, ${customers.length}::integer) as id, generate_series(1, id % 3) as purchase`;
  await tx`
    insert into purchase_lines (purchase_id, line, sku, title, quantity, price)
    select id, line, product ->> 'sku', product ->> 'title', 1 + (id + line) % 3,
      (product ->> 'price')::numeric
    from purchases, generate_series(1, 1 + id % 2) as line,
      lateral (select ${
    JSON.stringify(products)
  }::text::jsonb -> ((id + line) % 5)) as chosen (product)`;
  await tx`
    update purchases set total = (
      select sum(quantity * price) from purchase_lines where purchase_id = purchases.id)`;
}

interface PromoCode {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly birthday: string;
  readonly code: string;
}

/** A code for every third person and for each that is told apart; every ninth has two. */
function makePromoCodes(people: readonly Person[]): PromoCode[] {
  const random = seededRandom(sampleSeed);
  const owners = people.flatMap((person) => {
    const isChosen = person.id <= 3 || person.id % 25 === 1 || person.id > sampleCustomers;
    if (person.id > 3 && person.id % 9 === 0) return [person, person];
    return isChosen || person.id % 3 === 0 ? [person] : [];
  });
  return owners.map((owner, index) => ({
    id: index + 1,
    email: owner.email,
    name: `${owner.firstName} ${owner.lastName}`,
    birthday: owner.birthday,
    // The documentation's code for its example row, made up ones for the others.
    code: owner.id === 2 ? "AAAA-BBBB-DDDD" : makeCode(random),
  }));
}

function makeCode(random: () => number): string {
  const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  const group = () =>
    Array.from({ length: 4 }, () => letters[Math.floor(random() * letters.length)]).join("");
  return `${group()}-${group()}-${group()}`;
}
