import { fuzzFormatters } from "./fuzz_formatters.ts";
import { fuzzTemplates } from "./fuzz_templates.ts";

process.exitCode =
  await (process.argv.includes("--formatters") ? fuzzFormatters() : fuzzTemplates());
