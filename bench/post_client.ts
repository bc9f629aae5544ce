import { Buffer } from "node:buffer";
import http from "node:http";

/** A bare client with connections that are kept alive: what deliveries are compared with. */
export interface PostClient {
  readonly concurrency: number;
  post(body: string): Promise<void>;
  /** Posts all, with as many requests under way as its concurrency says. */
  postAll(bodies: readonly string[]): Promise<void>;
  close(): void;
}

/** Makes one of the runtime's own parts. */
export function makePostClient(url: string, concurrency: number): PostClient {
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency, scheduling: "lifo" });
  const post = (body: string) =>
    new Promise<void>((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(body)),
      };
      const request = http.request(url, { method: "POST", agent, headers }, (response) => {
        response.resume();
        response.on("end", resolve);
      });
      request.on("error", reject);
      request.end(body);
    });
  return {
    concurrency,
    post,
    async postAll(bodies) {
      let next = 0;
      const loop = async () => {
        for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await post(body);
      };
      await Promise.all(Array.from({ length: concurrency }, loop));
    },
    close: () => agent.destroy(),
  };
}
