import { type GrantPurpose, grantScript } from "../check/grant_script.ts";
import { PerigeeError } from "../error.ts";
import { type Command, configFolder } from "./command.ts";
import { requireConfig } from "./require_config.ts";

/** `perigee grants`: the rights that a connector's user needs, as SQL for somebody else to run. */
export const grants: Command = {
  name: "grants",
  summary: "print the SQL that grants a connector's user the rights it needs",
  usage: "<connector> --for source|export",
  options: [
    {
      name: "for",
      type: "string",
      placeholder: "source|export",
      help: "reading sources and imports, or writing exports",
    },
  ],
  examples: [
    "perigee grants shop --for source",
    "perigee grants shop --for export | psql -h db.example.com -U owner shop",
  ],
  async run(input, io) {
    const [word, ...more] = input.positionals;
    const purpose = input.values["for"];
    if (word === undefined || more.length > 0 || !isPurpose(purpose)) {
      throw new PerigeeError("grants takes one connector, and --for source or --for export", {
        kind: "usage",
        code: "PG921",
        advice: "perigee grants --help shows examples.",
      });
    }
    const { config } = await requireConfig(configFolder(input, io), io);
    const name = word.replace(/^connector\//, "");
    const script = grantScript(config, name, purpose);
    if (script === undefined) {
      throw new PerigeeError(`there is no connector/${name}`, {
        kind: "usage",
        code: "PG922",
        advice: `The configuration has ${[...config.connectors.keys()].join(", ") || "none"}.`,
      });
    }
    const asJson = `${JSON.stringify({ connector: name, purpose, script })}\n`;
    io.out(input.values["json"] === true ? asJson : script);
    return 0;
  },
};

function isPurpose(value: unknown): value is GrantPurpose {
  return value === "source" || value === "export";
}
