import { type CountryCode, getCountryCallingCode, Metadata } from "libphonenumber-js/min";
import { quoteLiteral } from "../postgres/identifier.ts";

/**
 * SQL over a customer's phone column for the number in E.164 (`+380441234567`), so that rows can be
 * joined with the hub's numbers inside the customer's Postgres. It knows what prefixes say: `+` and
 * `00` begin an international number; with `defaultCountry` the trunk prefix or nothing begins a
 * national one, and the country's own code without `+` an international one. Null without digits.
 */
export function phoneKeyExpression(column: string, defaultCountry: string | undefined): string {
  const digits = `regexp_replace((${column})::text, '[^0-9]', '', 'g')`;
  const international = `when btrim((${column})::text) like '+%' then '+' || ${digits}
      when ${digits} like '00%' then '+' || substr(${digits}, 3)`;
  const national = defaultCountry === undefined
    ? `else '+' || ${digits}`
    : nationalSql(digits, defaultCountry as CountryCode);
  return `(case when ${digits} = '' then null ${international} ${national} end)`;
}

/** Countries whose numbers keep the leading zero in international form. */
const keepsZero: ReadonlySet<string> = new Set(["IT", "SM", "VA"]);

function nationalSql(digits: string, country: CountryCode): string {
  const code = getCountryCallingCode(country);
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  const lengths = metadata.numberingPlan?.possibleLengths() ?? [];
  const shortest = code.length + Math.min(...lengths, 15);
  const trunk = keepsZero.has(country) ? undefined : trunkPrefix(metadata);
  const withoutTrunk = trunk === undefined
    ? ""
    : `when ${digits} like ${quoteLiteral(`${trunk}%`)} then ${
      quoteLiteral(`+${code}`)
    } || substr(${digits}, ${trunk.length + 1})`;
  return `when ${digits} like ${quoteLiteral(`${code}%`)} and length(${digits}) >= ${shortest}
        then '+' || ${digits}
      ${withoutTrunk}
      else ${quoteLiteral(`+${code}`)} || ${digits}`;
}

/** `0` in Germany, `8` in Russia. The library has it; its types do not say so. */
function trunkPrefix(metadata: Metadata): string | undefined {
  const plan = metadata.numberingPlan as { nationalPrefix?(): string | undefined } | undefined;
  return plan?.nationalPrefix?.() || undefined;
}
