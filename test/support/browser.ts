import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import type { Scope } from "./database.ts";

/** How a page is looked at. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  readonly isPhone: boolean;
}

/** One page in a browser. */
export interface Page {
  /** What an expression of the page's own script comes to; promises are awaited. */
  evaluate<T>(expression: string): Promise<T>;
  screenshot(): Promise<Uint8Array>;
  /** What the console complained of: scripts that failed, what the page's policy forbids. */
  readonly complaints: readonly string[];
}

/** A browser of this machine, ended at the end of its scope. */
export interface Browser {
  open(url: string, view: View): Promise<Page>;
}

const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The path of Chromium, or undefined where this machine has none. */
export async function findChromium(): Promise<string | undefined> {
  for (const program of programs) {
    if (await access(program).then(() => true, () => false)) return program;
  }
  return undefined;
}

interface Answer {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Starts the browser without a window and speaks its debugging protocol. */
export async function openBrowser(scope: Scope, program: string): Promise<Browser> {
  const profile = await mkdtemp(path.join(tmpdir(), "perigee-browser-"));
  const flags = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--mute-audio",
  ];
  const child = spawn(program, [
    ...flags,
    ...["--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
  ], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  scope.after(async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  const address = await new Promise<string>((resolve, reject) => {
    let told = "";
    child.once("close", () => reject(new Error(`the browser ended: ${told}`)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      told += text;
      const [, found] = /DevTools listening on (ws:\S+)/.exec(told) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const link = await connect(scope, address);
  return { open: (url, view) => openPage(link, url, view) };
}

type Hear = (answer: Answer) => void;

interface Link {
  ask(method: string, params?: object, sessionId?: string): Promise<Record<string, unknown>>;
  hear(hear: Hear): void;
}

async function connect(scope: Scope, address: string): Promise<Link> {
  const Socket = globalThis.WebSocket ?? (await import("undici")).WebSocket;
  const socket = new Socket(address) as WebSocket;
  const waiting = new Map<number, { resolve: Hear; reject: (error: Error) => void }>();
  const hearers: Hear[] = [];
  let lastId = 0;
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("the browser takes no connection"));
  });
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id === undefined) return hearers.forEach((hear) => hear(answer));
    const { resolve, reject } = waiting.get(answer.id) ?? {};
    waiting.delete(answer.id);
    if (answer.error === undefined) resolve?.(answer);
    else reject?.(new Error(answer.error.message));
  };
  scope.after(() => socket.close());
  return {
    hear: (hear) => void hearers.push(hear),
    async ask(method, params = {}, sessionId) {
      const id = ++lastId;
      const answered = new Promise<Answer>((resolve, reject) =>
        waiting.set(id, { resolve, reject })
      );
      socket.send(JSON.stringify({ id, method, params, sessionId }));
      return (await answered).result ?? {};
    },
  };
}

async function openPage({ ask, hear }: Link, url: string, view: View): Promise<Page> {
  const { targetId } = await ask("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await ask("Target.attachToTarget", { targetId, flatten: true });
  const session = String(sessionId);
  const complaints: string[] = [];
  let tellLoaded: () => void = () => undefined;
  const loaded = new Promise<void>((resolve) => tellLoaded = resolve);
  hear(({ sessionId: of, method, params }) => {
    if (of !== session) return;
    if (method === "Page.loadEventFired") tellLoaded();
    const { entry, exceptionDetails } = params as {
      entry?: { level: string; text: string };
      exceptionDetails?: { text: string };
    };
    if (method === "Log.entryAdded" && entry?.level === "error") complaints.push(entry.text);
    if (method === "Runtime.exceptionThrown") complaints.push(exceptionDetails?.text ?? "thrown");
  });
  const { width, height, scheme, isPhone } = view;
  for (const domain of ["Page", "Log", "Runtime"]) await ask(`${domain}.enable`, {}, session);
  const metrics = { width, height, deviceScaleFactor: isPhone ? 2 : 1, mobile: isPhone };
  await ask("Emulation.setDeviceMetricsOverride", metrics, session);
  const features = [{ name: "prefers-color-scheme", value: scheme }];
  await ask("Emulation.setEmulatedMedia", { features }, session);
  await ask("Page.navigate", { url }, session);
  await loaded;
  return {
    complaints,
    async evaluate<T>(expression: string) {
      const given = { expression, awaitPromise: true, returnByValue: true };
      const { result } = await ask("Runtime.evaluate", given, session);
      return (result as { value: T }).value;
    },
    async screenshot() {
      const given = { format: "png", captureBeyondViewport: true };
      const { data } = await ask("Page.captureScreenshot", given, session);
      return Buffer.from(String(data), "base64");
    },
  };
}
