import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isPublicAddress } from "./address_guard.ts";

/** How long an answer of DNS serves. A receiver that moves is found within this time. */
const cacheMs = 30_000;

/** Gives the address to connect to. */
export interface AddressResolver {
  /** The address that DNS gave not long ago; undefined when it has to be asked. */
  known(): string | undefined;
  /**
   * Asks for an allowed address of the host. Rejects with an error whose `code` is `ADDRESS_NOT_ALLOWED` when
   * there is none, else with that of DNS.
   */
  resolve(): Promise<string>;
  /** The last address did not accept a connection: the next call gives another one, or asks again. */
  avoid(address: string): void;
}

/** All addresses of a name; rejects with an error whose `code` is that of DNS. */
export type LookUp = (host: string) => Promise<readonly string[]>;

const askSystem: LookUp = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Resolves a host to addresses that webhooks may reach: public ones, or all with `allowsPrivate`.
 * The caller connects to exactly the address it is given, so nobody can change it in between.
 */
export function makeResolver(
  host: string,
  allowsPrivate: boolean,
  lookUp: LookUp = askSystem,
): AddressResolver {
  const literal = host.replace(/^\[|\]$/g, "");
  const isAllowed = (address: string) => allowsPrivate || isPublicAddress(address);
  let known: { readonly addresses: readonly string[]; readonly untilMs: number } | undefined;
  let asking: Promise<readonly string[]> | undefined;

  async function ask(): Promise<readonly string[]> {
    const found = isIP(literal) === 0 ? await lookUp(literal) : [literal];
    const addresses = found.filter(isAllowed);
    if (addresses.length === 0) {
      throw Object.assign(new Error(`${host} has no address that a webhook may reach`), {
        code: "ADDRESS_NOT_ALLOWED",
      });
    }
    known = { addresses, untilMs: performance.now() + cacheMs };
    return addresses;
  }

  return {
    known: () =>
      known !== undefined && performance.now() < known.untilMs ? known.addresses[0] : undefined,
    async resolve() {
      const addresses = await (asking ??= ask().finally(() => asking = undefined));
      return addresses[0] as string;
    },
    avoid(address) {
      const rest = known?.addresses.filter((each) => each !== address) ?? [];
      known = known === undefined || rest.length === 0
        ? undefined
        : { addresses: rest, untilMs: known.untilMs };
    },
  };
}
