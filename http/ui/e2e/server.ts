// A `netscan serve` of a test's own: its data directory, its port, its process.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Milliseconds that a start or an end may take. */
const PATIENCE_MS = 20_000;

/** The program to test. */
function program(): string {
  const root = resolve(import.meta.dirname, "../../..");
  const candidates = [
    process.env.NETSCAN_BIN,
    process.env.NETSCAN,
    join(root, "target/debug/netscan"),
    join(root, "target/quick/netscan"),
  ];
  const found = candidates.find((path) => path !== undefined && existsSync(path));
  if (!found)
    throw new Error("no netscan to test: run `cargo build`, or set NETSCAN_BIN to its path");
  return found;
}

/** A port of loopback that nobody has now. Kept by the caller, so that a restart has it again. */
function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.on("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? done(address.port) : fail(new Error("no port")),
      );
    });
  });
}

export interface ServerOptions {
  /** Who may use it. With `token` it has an administrator's token, and prints a login URL. */
  auth?: "token" | "none";
  /** More arguments of `netscan serve`. */
  args?: string[];
}

export class Server {
  readonly url: string;
  /** As the newest start printed it; good once. */
  loginUrl: string | null = null;
  #child: ChildProcess | null = null;
  #output = "";

  private constructor(
    readonly data: string,
    private readonly port: number,
    private readonly options: ServerOptions,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    const data = mkdtempSync(join(tmpdir(), "netscan-e2e-"));
    const server = new Server(data, await freePort(), options);
    await server.begin();
    return server;
  }

  /** Starts it, again on the same data and port. */
  async begin(): Promise<void> {
    const { auth = "token", args = [] } = this.options;
    const listen = `127.0.0.1:${this.port}`;
    const own = ["serve", "--data", this.data, "--listen", listen];
    const more = auth === "none" ? ["--auth", "none"] : [];
    const child = spawn(program(), [...own, ...more, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NETSCAN_TOKEN: "", NETSCAN_SERVER: "" },
    });
    this.#child = child;
    this.#output = "";
    const take = (chunk: Buffer) => {
      this.#output += chunk.toString();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    // The line after tells how to log in, or that nobody has to.
    const isUp = () => /netscan serves at .*\n(?:log in.*|everybody.*)\n/.test(this.#output);
    await this.#until(isUp, "start");
    this.loginUrl = /log in[^\n]*: (http:\S+)/.exec(this.#output)?.[1] ?? null;
  }

  /** What it printed since its newest start. */
  get output(): string {
    return this.#output;
  }

  /** The administrator's token. */
  get token(): string {
    return readFileSync(join(this.data, "admin.token"), "utf8").trim();
  }

  /** Ends the process, by its id, and waits until it is gone. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((done) => child.once("exit", () => done()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    await gone;
    clearTimeout(timer);
  }

  /** Ends it for good, and takes its data away. */
  async stop(): Promise<void> {
    await this.kill("SIGTERM");
    rmSync(this.data, { recursive: true, force: true });
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!isSo()) {
      const ended = this.#child?.exitCode ?? this.#child?.signalCode ?? null;
      if (ended !== null || Date.now() > end) {
        throw new Error(`netscan did not ${what} (${ended ?? "no end"}):\n${this.#output}`);
      }
      await new Promise((later) => setTimeout(later, 20));
    }
  }

  /** Asks the API as the administrator. Throws what the server says of a failure. */
  async ask<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = new Headers();
    if (this.options.auth !== "none") headers.set("authorization", `Bearer ${this.token}`);
    if (body !== undefined) headers.set("content-type", "application/json");
    const response = await fetch(this.url + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  }
}
