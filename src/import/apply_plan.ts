import { hubKeyExpression } from "../connector/contact_key.ts";
import type { HubType } from "../dataset/datasets.ts";
import type { ApplyPlan, Assignment } from "../hub/import_apply.ts";
import { quoteIdentifier, quoteLiteral } from "../postgres/identifier.ts";
import type { ImportPlan, MappedColumn } from "./plan_import.ts";

/** Columns of the hub that take no null, and what a row without a value gets; `undefined`: no row. */
export const requiredColumns: Readonly<
  Record<string, Readonly<Record<string, string | undefined>>>
> = {
  contacts: {
    total_sent: "0",
    total_received: "0",
    total_viewed: "0",
    total_clicked: "0",
  },
  events: { occured: "now()", params_json: "'[]'::jsonb", event_type_key: undefined },
};

/** SQL that finds the row of the dataset (`c`) that a staged row (`s`) is. Pure. */
export function applyPlan(plan: ImportPlan): ApplyPlan {
  const table = plan.dataset.hubTable;
  if (plan.identity.kind === "contact") {
    return {
      table,
      match: `${hubKeyExpression(plan.field, "c")} = s.key`,
      assignments: contactAssignments(plan),
    };
  }
  const own = plan.identity.kind === "link"
    ? plan.dataset.key.map(({ hubColumn }) => hubColumn)
    : plan.identity.hubColumns;
  const match = plan.identity.kind === "link"
    ? `c.${quoteIdentifier(own[0] ?? "")} = s.row_id`
    : own.map((column) => `c.${quoteIdentifier(column)} = s.${quoteIdentifier(column)}`).join(
      " and ",
    );
  const columns = plan.columns.filter(({ hubColumn }) => !own.includes(hubColumn));
  const ids: Assignment[] = plan.identity.kind === "link"
    ? [{ column: own[0] ?? "", insert: "s.row_id", update: undefined }]
    : own.map((column) => ({
      column,
      insert: `s.${quoteIdentifier(column)}`,
      update: undefined,
    }));
  const contact = fillsContactId(plan)
    ? [{
      column: "contact_id",
      insert: "s.contact_id",
      update: "coalesce(s.contact_id, c.contact_id)",
    }]
    : [];
  return {
    table,
    match,
    assignments: [...ids, ...contact, ...columns.map((each) => assignment(table, each))],
  };
}

/** Rows of other datasets find their contact by the connector's key, unless they name it. */
export function fillsContactId(plan: ImportPlan): boolean {
  return plan.dataset.name !== "contacts" && plan.keySql !== undefined &&
    plan.dataset.columns.some(({ hubColumn }) => hubColumn === "contact_id") &&
    !plan.columns.some(({ hubColumn }) => hubColumn === "contact_id");
}

function assignment(table: string, column: MappedColumn): Assignment {
  const staged = `s.${quoteIdentifier(column.hubColumn)}`;
  const current = `c.${quoteIdentifier(column.hubColumn)}`;
  const required = requiredColumns[table] ?? {};
  const isRequired = column.hubColumn in required;
  const substitute = required[column.hubColumn];
  return {
    column: column.hubColumn,
    insert: substitute === undefined ? staged : `coalesce(${staged}, ${substitute})`,
    update: policySql(column, staged, current, isRequired, column.hubType),
  };
}

function policySql(
  { policy, nullOverwrites }: Pick<MappedColumn, "policy" | "nullOverwrites">,
  staged: string,
  current: string,
  isRequired: boolean,
  type: HubType,
): string | undefined {
  if (policy === "never") return undefined;
  if (policy === "overwrite") {
    return nullOverwrites && !isRequired ? staged : `coalesce(${staged}, ${current})`;
  }
  const filled = type === "text" ? `nullif(${current}, '')` : current;
  return `coalesce(${filled}, ${staged}, ${current})`;
}

function contactAssignments(plan: ImportPlan): Assignment[] {
  const { field } = plan;
  const assignments = plan.columns.map((column) => assignment("contacts", column));
  const isMapped = (name: string) => assignments.some(({ column }) => column === name);
  const keyColumn = { email: "email", phone: "sms", externalCustomerId: "external_customer_id" };
  if (field.kind !== "field") {
    assignments.unshift({ column: keyColumn[field.kind], insert: "s.key", update: undefined });
  }
  if (!isMapped("email_domain")) assignments.push(...emailDomain(plan, assignments));
  if (!isMapped("contact_source")) {
    assignments.push({ column: "contact_source", insert: "'IMPORT'", update: undefined });
  }
  const fields = fieldsAssignment(plan);
  return fields === undefined ? assignments : [...assignments, fields];
}

function emailDomain(plan: ImportPlan, assignments: readonly Assignment[]): Assignment[] {
  const domain = (email: string) => `nullif(split_part(${email}, '@', 2), '')`;
  if (plan.field.kind === "email") {
    return [{ column: "email_domain", insert: domain("s.key"), update: domain("s.key") }];
  }
  const email = assignments.find(({ column }) => column === "email");
  if (email === undefined) return [];
  const update = email.update === undefined ? undefined : domain(`lower(${email.update})`);
  return [{ column: "email_domain", insert: domain(email.insert), update }];
}

/** Additional fields are merged name by name; those that no mapping names stay as they are. */
function fieldsAssignment(plan: ImportPlan): Assignment | undefined {
  const own = plan.field.kind === "field" ? plan.field.name : undefined;
  if (plan.fields.length === 0 && own === undefined) return undefined;
  const staged = plan.fields.length === 0 ? "'{}'::jsonb" : "s.fields";
  const key = own === undefined ? "" : ` || jsonb_build_object(${quoteLiteral(own)}, s.key)`;
  return {
    column: "fields",
    insert: `${staged}${key}`,
    update: plan.fields.length === 0 ? undefined : mergedFields(plan),
  };
}

function mergedFields({ fields }: ImportPlan): string | undefined {
  const named = (choose: (field: ImportPlan["fields"][number]) => boolean) =>
    fields.filter(choose).map(({ name }) => quoteLiteral(name));
  const emptied = named(({ policy, nullOverwrites }) => policy === "overwrite" && nullOverwrites);
  const kept = named(({ policy }) => policy !== "overwrite");
  const without = (json: string, names: readonly string[]) =>
    names.length === 0 ? json : `(${json} - array[${names.join(", ")}]::text[])`;
  const overwritten = `${without("c.fields", emptied)} || ${without("s.fields", kept)}`;
  const filled = named(({ policy }) => policy === "fill_empty").map((name) =>
    ` || case when coalesce(c.fields ->> ${name}, '') = '' and s.fields ? ${name}
        then jsonb_build_object(${name}, s.fields -> ${name}) else '{}'::jsonb end`
  );
  return `(${overwritten}${filled.join("")})`;
}
