import net from "node:net";

/** A TCP proxy before a server, whose links can be broken in the ways that networks break them. */
export interface Proxy {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** How many links are open. */
  readonly openLinks: number;
  /** Ends every link with a reset, as a firewall does that lost its state. */
  cut(): void;
  /** From now on passes nothing on and closes nothing, in new links too: a half-open line. */
  stall(): void;
  /** The same for the links that are open now; new ones pass. */
  stallLinks(): void;
  /** Passes on again, what was held back too. */
  resume(): void;
  /** Passes on at most so many bytes per second to the server, on every link. */
  throttle(bytesPerSecond: number): void;
  /** Whether new links are refused with a reset. */
  refuse(isRefusing: boolean): void;
  /** Ends everything. */
  close(): Promise<void>;
}

interface Link {
  readonly client: net.Socket;
  readonly server: net.Socket;
  isStalled: boolean;
}

/** How often a throttled link gets its share. */
const tickMs = 10;

/** Opens a proxy on a free port of loopback, before the server at `host` and `port`. */
export async function openProxy(before: { host: string; port: number }): Promise<Proxy> {
  const links = new Set<Link>();
  const state = { isStalled: false, isRefusing: false, bytesPerSecond: Infinity };
  const listener = net.createServer({ pauseOnConnect: true }, (client) => {
    if (state.isRefusing) return client.resetAndDestroy();
    const server = net.connect({ host: before.host, port: before.port });
    const link: Link = { client, server, isStalled: state.isStalled };
    links.add(link);
    connectPair(link, state, () => links.delete(link));
    if (!state.isStalled) client.resume();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as net.AddressInfo;
  const cut = () => {
    for (const { client, server } of links) {
      client.resetAndDestroy();
      server.destroy();
    }
    links.clear();
  };
  return {
    host: "127.0.0.1",
    port,
    get openLinks() {
      return links.size;
    },
    cut,
    stall: () => {
      state.isStalled = true;
      for (const link of links) stallLink(link);
    },
    stallLinks: () => {
      for (const link of links) stallLink(link);
    },
    resume: () => {
      state.isStalled = false;
      for (const link of links) {
        link.isStalled = false;
        link.client.resume();
        link.server.resume();
      }
    },
    throttle: (bytesPerSecond) => state.bytesPerSecond = bytesPerSecond,
    refuse: (isRefusing) => state.isRefusing = isRefusing,
    close: async () => {
      cut();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

function stallLink(link: Link): void {
  link.isStalled = true;
  link.client.pause();
  link.server.pause();
}

function connectPair(link: Link, state: { bytesPerSecond: number }, onEnd: () => void): void {
  const { client, server } = link;
  client.setNoDelay(true);
  server.setNoDelay(true);
  client.on("data", (chunk) => {
    const isRoom = server.write(chunk);
    const waitMs = Number.isFinite(state.bytesPerSecond)
      ? Math.max(tickMs, chunk.length / state.bytesPerSecond * 1_000)
      : 0;
    if (isRoom && waitMs === 0) return;
    client.pause();
    const goOn = () => link.isStalled || client.resume();
    if (waitMs > 0) setTimeout(goOn, waitMs);
    else server.once("drain", goOn);
  });
  server.on("data", (chunk) => {
    if (client.write(chunk)) return;
    server.pause();
    client.once("drain", () => link.isStalled || server.resume());
  });
  const end = () => {
    onEnd();
    client.destroy();
    server.destroy();
  };
  // A stalled line says nothing, not even that one of its ends is gone.
  const endUnlessStalled = () => link.isStalled || end();
  for (const socket of [client, server]) {
    socket.on("error", endUnlessStalled);
    socket.on("close", endUnlessStalled);
  }
}
