/** The data of one message: a contact and the rows of one source. */
export interface NewsletterData {
  readonly contact: Record<string, string | number | boolean>;
  readonly data: { readonly products: readonly Record<string, string>[] };
  readonly [name: string]: unknown;
}

const rowCount = 10;
const contactFields = [
  "firstName",
  "lastName",
  "email",
  "phone",
  "city",
  "country",
  "language",
  "segment",
  "points",
  "level",
  "joined",
  "birthday",
  "promoCode",
  "discount",
  "manager",
  "managerEmail",
  "store",
  "storeAddress",
  "lastOrder",
  "unsubscribeUrl",
] as const;
const rowFields = ["name", "sku", "price", "url", "image", "note"] as const;

const paragraph =
  "Thank you for being with us: here is what we have picked for you this week, with " +
  "prices that hold until Sunday and delivery to the shop around the corner. Reply to this message, " +
  "call us or visit one of our shops: we are happy to help you with your order and with returns. ";

/** How each engine writes the parts that are not text. */
interface Syntax {
  readonly field: (name: string) => string;
  readonly rowField: (name: string) => string;
  readonly loop: (body: string) => string;
  readonly condition: (name: string, body: string) => string;
}

function newsletter(syntax: Syntax): string {
  const fields = contactFields.map((name) =>
    `<p class="${name}">${paragraph}${syntax.field(name)}</p>\n`
  );
  const row = rowFields.map((name) =>
    `<td style="padding:4px 8px" class="${name}">${syntax.rowField(name)}</td>`
  );
  const conditions = ["isVip", "hasApp", "isNew"].map((name) =>
    syntax.condition(name, `<div class="banner">${paragraph.repeat(3)}</div>\n`)
  );
  return flat(
    `<html><head><style>p { color: 333333; margin: 0 }</style></head><body>\n${fields.join("")}` +
      `<table>\n${syntax.loop(`<tr>${row.join("")}</tr>\n`)}</table>\n${
        conditions.join("")
      }</body></html>\n`,
  );
}

/** One piece of memory, as a text that was read from a file is, and not a rope of its parts. */
export function flat(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

/** The newsletter in Velocity: 8 KB, 20 references, a loop of 10 × 6 fields, 3 conditions. */
export const velocityNewsletter: string = newsletter({
  field: (name) => `$!contact.${name}`,
  rowField: (name) => `$!row.${name}`,
  loop: (body) => `#foreach($row in $data.products)\n${body}#end\n`,
  condition: (name, body) => `#if($contact.${name})\n${body}#end\n`,
});

/** The same in Handlebars. */
export const handlebarsNewsletter: string = newsletter({
  field: (name) => `{{contact.${name}}}`,
  rowField: (name) => `{{this.${name}}}`,
  loop: (body) => `{{#each data.products}}\n${body}{{/each}}\n`,
  condition: (name, body) => `{{#if contact.${name}}}\n${body}{{/if}}\n`,
});

/** The same in Liquid. */
export const liquidNewsletter: string = newsletter({
  field: (name) => `{{ contact.${name} }}`,
  rowField: (name) => `{{ row.${name} }}`,
  loop: (body) => `{% for row in data.products -%}\n${body}{% endfor %}`,
  condition: (name, body) => `{% if contact.${name} -%}\n${body}{% endif %}`,
});

/** The same in Eta. */
export const etaNewsletter: string = newsletter({
  field: (name) => `<%= it.contact.${name} %>`,
  rowField: (name) => `<%= row.${name} %>`,
  loop: (body) => `<% for (const row of it.data.products) { -%>\n${body}<% } %>`,
  condition: (name, body) => `<% if (it.contact.${name}) { -%>\n${body}<% } %>`,
});

/**
 * The source of a function that is the same as a hand-written template literal. Bars are measured
 * against it, so it is generated from the same parts; only the benchmark evaluates it.
 */
export const literalSource: string = "`" + newsletter({
  field: (name) => "${d.contact." + name + "}",
  rowField: (name) => "${row." + name + "}",
  loop: (body) => "${d.data.products.map((row) => `" + body + "`).join('')}",
  condition: (name, body) => "${d.contact." + name + " ? `" + body + "` : ''}",
}) + "`";

/** The data of message number `n`: no two messages print the same. */
export function newsletterData(n: number): NewsletterData {
  const contact: Record<string, string | number | boolean> = {
    isVip: true,
    hasApp: n % 2 === 0,
    isNew: false,
  };
  contactFields.forEach((name, i) => contact[name] = i === 8 ? n : `${name} of contact ${n}`);
  const products = Array.from(
    { length: rowCount },
    (_, row) => Object.fromEntries(rowFields.map((name) => [name, `${name} ${n}.${row}`])),
  );
  return { contact, data: { products } };
}
