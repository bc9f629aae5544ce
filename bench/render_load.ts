/**
 * The client of the render benchmark, in a process of its own so that its work is not the server's.
 * Reads one job a line from standard input and answers one line when the job is done.
 */
import { Buffer } from "node:buffer";
import net from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";

/** What to send and how often. Requests are whole HTTP/1.1 messages. */
export interface LoadJob {
  readonly port: number;
  readonly request: string;
  readonly requests: number;
  readonly connections: number;
}

/** What came back. */
export interface LoadOutcome {
  readonly answered: number;
  readonly failed: number;
  readonly bytes: number;
}

async function run(job: LoadJob): Promise<LoadOutcome> {
  const share = Math.ceil(job.requests / job.connections);
  const all = await Promise.all(
    Array.from({ length: job.connections }, () => runConnection(job, share)),
  );
  return all.reduce((sum, one) => ({
    answered: sum.answered + one.answered,
    failed: sum.failed + one.failed,
    bytes: sum.bytes + one.bytes,
  }));
}

/** Sends requests one after the other on one connection that stays open. */
function runConnection(job: LoadJob, requests: number): Promise<LoadOutcome> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: "127.0.0.1", port: job.port });
    socket.setNoDelay(true);
    let [answered, failed, bytes, missing] = [0, 0, 0, 0];
    let head: Buffer = Buffer.alloc(0);
    const send = () => socket.write(job.request);
    const finish = () => {
      socket.destroy();
      resolve({ answered, failed, bytes });
    };
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("end", finish);
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (missing > 0) missing -= chunk.byteLength;
      else {
        head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        // The head alone becomes text: the client must not cost more for longer bodies than it has to.
        const text = head.toString("latin1", 0, end);
        const length = /content-length: (\d+)/i.exec(text)?.[1];
        // A stream: ends with its last chunk.
        missing = length === undefined ? Infinity : Number(length) - (head.length - end - 4);
        if (!text.startsWith("HTTP/1.1 200")) failed++;
        head = Buffer.alloc(0);
      }
      const isStreamEnd = missing === Infinity && endsStream(chunk);
      if (missing > 0 && !isStreamEnd) return;
      missing = 0;
      answered++;
      if (answered < requests) send();
      else finish();
    });
  });
}

/** The last chunk of chunked transfer coding: `0`, an empty line. */
function endsStream(chunk: Uint8Array): boolean {
  return Buffer.from(chunk.subarray(-5)).toString("latin1") === "0\r\n\r\n";
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line) as LoadJob)));
}
