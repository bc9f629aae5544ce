import type { Config } from "../config/model.ts";
import { ConnectorRegistry } from "../connector/registry.ts";
import { compileMessages } from "../message/compile_messages.ts";
import { type ColumnsOfSources, type LintFinding, lintMessage } from "../message/lint_message.ts";
import { findColumns } from "../postgres/catalog.ts";
import { type CheckStep, StepList } from "./check_step.ts";

/**
 * Compiles every template and looks for sources, columns and methods that are not there; each
 * finding has its file, line and column. Columns are known of sources whose connector is among
 * `reachable`; of the others they are not judged. Reads no rows, throws nothing.
 */
export async function checkMessages(
  config: Config,
  reachable: ReadonlySet<string>,
): Promise<CheckStep[]> {
  const columns = await loadColumns(config, reachable);
  return compileMessages(config).all.flatMap((message) => {
    const list = new StepList(`message/${message.config.name}`);
    const findings = lintMessage(config, message, columns);
    for (const finding of findings) report(list, finding);
    if (!findings.some(({ severity }) => severity === "error")) {
      list.ok("templates", `${[...message.parts.keys()].join(", ")} compile`);
    }
    return list.steps;
  });
}

function report(list: StepList, finding: LintFinding): void {
  const { severity, file, line, column, message, suggestion, code } = finding;
  const text = `${file}:${line}:${column}: ${message}`;
  const step = code === "PG801" ? "templates" : "lint";
  if (severity === "error") list.fail(step, text, suggestion ?? "Correct it there.", code);
  else list.warn(step, text, suggestion);
}

/** A source whose table cannot be looked at is left out: the source's own check says why. */
async function loadColumns(
  config: Config,
  reachable: ReadonlySet<string>,
): Promise<ColumnsOfSources> {
  const columns = new Map<string, readonly string[]>();
  const connectors = new ConnectorRegistry(config.connectors);
  try {
    for (const { name, connector, schema, table } of config.sources.values()) {
      if (!reachable.has(connector)) continue;
      const { sql } = connectors.pool(connector);
      const found = await findColumns(sql, schema, table).catch(() => undefined);
      if (found !== undefined) columns.set(name, found.map((column) => column.name));
    }
  } finally {
    await connectors.close(0);
  }
  return columns;
}
