import { Buffer } from "node:buffer";
import net from "node:net";

/** A stand-in for a pooler in transaction mode, as far as LISTEN is concerned. */
export interface Pooler {
  readonly host: "127.0.0.1";
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Passes sessions through to a server, and does two things that PgBouncer 1.18 was seen to do in
 * transaction mode: each client gets a made-up process id, and a notification that arrives while
 * the client has no statement under way goes nowhere. It offers no TLS.
 */
export async function openPooler(before: { host: string; port: number }): Promise<Pooler> {
  const sockets = new Set<net.Socket>();
  const listener = net.createServer((client) => {
    const server = net.connect({ host: before.host, port: before.port });
    const state = { isIdle: false, rest: Buffer.alloc(0) };
    client.on("data", (chunk) => {
      state.isIdle = false;
      server.write(chunk);
    });
    server.on("data", (chunk) => {
      state.rest = Buffer.concat([state.rest, chunk]);
      for (let message = takeMessage(state); message !== undefined; message = takeMessage(state)) {
        pass(message, state, client);
      }
    });
    for (const [socket, other] of [[client, server], [server, client]] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => (other.destroy(), sockets.delete(socket)));
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => listener.close(() => resolve()));
  };
  return { host: "127.0.0.1", port: (listener.address() as net.AddressInfo).port, close };
}

function takeMessage(state: { rest: Buffer }): Buffer | undefined {
  if (state.rest.length < 5) return undefined;
  const length = 1 + state.rest.readInt32BE(1);
  if (state.rest.length < length) return undefined;
  const message = state.rest.subarray(0, length);
  state.rest = state.rest.subarray(length);
  return message;
}

function pass(message: Buffer, state: { isIdle: boolean }, client: net.Socket): void {
  const kind = String.fromCharCode(message[0] ?? 0);
  if (kind === "A" && state.isIdle) return;
  if (kind === "K") message.writeInt32BE(123_456_789, 5);
  if (kind === "Z") state.isIdle = true;
  client.write(message);
}
