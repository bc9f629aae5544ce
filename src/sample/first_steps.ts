import path from "node:path";
import type { Config } from "../config/model.ts";
import { sampleConnector } from "./start_sample.ts";

/** The token of the shipped configuration, which is no secret; any other is not printed. */
const sampleToken = "perigee-sample-token";

/**
 * What a newcomer can try, as lines to print; `config` has its embedded addresses filled in. The
 * promo code of the sample's Dina Kozak is the row of the reference page. The database's password
 * is in a file that only its owner reads.
 */
export function describeFirstSteps(config: Config, url: string): string[] {
  const [token = ""] = config.server.tokens;
  const shownToken = token === sampleToken ? token : "$PERIGEE_TOKEN";
  const address = config.connectors.get(sampleConnector)?.address;
  const passwordFile = path.join(config.hub.dataDir, "postgres", "password");
  const body = '{"message":"birthday_greeting","contact":{"email":"kozak@example.com"}}';
  return [
    "everything has run once; try in another terminal:",
    `  curl -s ${url}/health`,
    `  curl -s '${url}/render?debug' -H 'Authorization: Bearer ${shownToken}' ` +
    `-H 'Content-Type: application/json' -d '${body}'`,
    `  PGPASSWORD=$(cat ${passwordFile}) psql -h 127.0.0.1 -p ${address?.port} -U postgres ` +
    `${sampleConnector} -c 'select "contactId", email, "firstName" from contacts limit 5'`,
    "Ctrl-C stops it; the next start finds this data again.",
  ];
}
