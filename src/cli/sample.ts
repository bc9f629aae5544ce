import { systemClock } from "../clock.ts";
import { connectorTarget } from "../connector/registry.ts";
import { createDatabaseIfMissing } from "../sample/create_database.ts";
import { startReceiver } from "../sample/receiver.ts";
import { seedHub } from "../sample/seed_hub.ts";
import { seedShop } from "../sample/shop.ts";
import { sampleConnector, sinkSecrets } from "../sample/start_sample.ts";
import { aborted } from "./aborted.ts";
import { type Command, type CommandInput, type CommandIo, configFolder } from "./command.ts";
import { reportRun } from "./report_run.ts";
import { requireConfig } from "./require_config.ts";
import { runByHand } from "./run_by_hand.ts";
import { isJson, textOption, usage, withWorkplace, type Workplace } from "./workplace.ts";

/** `perigee sample`: the sample of `npm start` on servers of one's own. */
export const sample: Command = {
  name: "sample",
  summary: "make the sample shop and fill the hub beside it, or receive the sample's webhooks",
  usage: "[--receiver <host:port>]",
  options: [{
    name: "receiver",
    type: "string",
    placeholder: "host:port",
    help: "make nothing; take events there until a signal, checking their signatures",
  }],
  examples: ["perigee sample", "perigee sample --receiver 127.0.0.1:8090"],
  run(input, io) {
    const address = textOption(input, "receiver");
    if (address !== undefined) return receive(address, input, io);
    return withWorkplace(input, io, (place) => makeSample(input, io, place));
  },
};

/** Imports the shop's customers before the hub is filled, so that the hub's rows know them. */
async function makeSample(input: CommandInput, io: CommandIo, place: Workplace): Promise<number> {
  const { config, connectors, hub } = place;
  const connector = config.connectors.get(sampleConnector);
  if (connector === undefined || !config.hub.hasSample) {
    throw usage(`the sample wants hub.sample: true and a connector ${sampleConnector}`);
  }
  const target = connectorTarget(connector, "write");
  const isCreated = await createDatabaseIfMissing(target);
  const { timezone } = config;
  const now = systemClock.now();
  const shop = await seedShop(connectors.pool(sampleConnector).sql, { now, timezone });
  if (isJson(input)) {
    io.out(`${JSON.stringify({ database: target.database, isCreated, ...shop })}\n`);
  } else {
    const found = shop.isNew ? "made" : "found";
    io.out(`${found} database ${target.database}: ${shop.customers} customers\n`);
  }
  for (const each of config.imports.values()) {
    if (each.connector !== sampleConnector) continue;
    const name = `import/${each.name}`;
    const code = reportRun(name, await runByHand(name, now, io, place), isJson(input), io);
    if (code !== 0) return code;
  }
  await seedHub(hub.sql, { now });
  return 0;
}

async function receive(address: string, input: CommandInput, io: CommandIo): Promise<number> {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(address) ?? [];
  if (host === undefined) throw usage(`--receiver takes host:port, not ${address}`);
  const { config } = await requireConfig(configFolder(input, io), io);
  const print = (text: string) =>
    io.out(isJson(input) ? `${JSON.stringify({ text })}\n` : `${text}\n`);
  const receiver = await startReceiver({
    secrets: sinkSecrets(config),
    host,
    port: Number(port),
    onEvents: print,
  });
  print(`the sample's webhook receiver listens at ${receiver.url}`);
  await aborted(io.signal);
  await receiver.close();
  return 0;
}
