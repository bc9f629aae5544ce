import type { FailureCode } from "./failure_table.ts";

/** SQLSTATEs that mean something else than their class (PostgreSQL documentation, appendix A). */
const codeByState: ReadonlyMap<string, FailureCode> = new Map([
  ["25006", "PG221"],
  ["25P03", "PG253"],
  ["25P04", "PG252"],
  ["28P01", "PG210"],
  ["42501", "PG220"],
  ["42P01", "PG230"],
  ["42703", "PG230"],
  ["42704", "PG230"],
  ["42883", "PG230"],
  ["42P10", "PG231"],
  ["42804", "PG231"],
  ["42846", "PG231"],
  ["428C9", "PG231"],
  ["42P16", "PG231"],
  ["42809", "PG231"],
  ["22P04", "PG231"],
  ["53000", "PG261"],
  ["53100", "PG260"],
  ["53200", "PG261"],
  ["53300", "PG213"],
  ["53400", "PG261"],
  ["55000", "PG231"],
  ["55006", "PG251"],
  ["55P03", "PG251"],
  ["57014", "PG252"],
  ["57P01", "PG207"],
  ["57P02", "PG207"],
  ["57P03", "PG208"],
  ["57P04", "PG212"],
  ["57P05", "PG253"],
  ["08P01", "PG209"],
]);

const codeByClass: ReadonlyMap<string, FailureCode> = new Map([
  ["08", "PG207"],
  ["09", "PG271"],
  ["0A", "PG232"],
  ["21", "PG240"],
  ["22", "PG240"],
  ["23", "PG241"],
  ["25", "PG250"],
  ["26", "PG232"],
  ["28", "PG211"],
  ["2F", "PG271"],
  ["38", "PG271"],
  ["39", "PG271"],
  ["3D", "PG212"],
  ["3F", "PG230"],
  ["40", "PG250"],
  ["42", "PG232"],
  ["44", "PG241"],
  ["53", "PG261"],
  ["54", "PG262"],
  ["55", "PG251"],
  ["57", "PG207"],
  ["58", "PG270"],
  ["P0", "PG271"],
  ["XX", "PG270"],
]);

/** The line of the failure table for a SQLSTATE; its class decides where it has no line itself. */
export function findSqlstateCode(sqlstate: string): FailureCode {
  return codeByState.get(sqlstate) ?? codeByClass.get(sqlstate.slice(0, 2)) ?? "PG299";
}
