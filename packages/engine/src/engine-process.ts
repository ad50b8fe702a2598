// A program that an engine starts, together with the processes that the program starts. Lines are read from its
// standard output; stopping it leaves none of these processes.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProcessRequest {
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ProcessEnd {
  /** Null if a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of its standard error. */
  readonly errors: string;
}

/** Characters of standard error kept. */
const mostErrors = 20_000;
/** Milliseconds that a program has to end, at each step of stopping it. */
const patience = 4000;

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #others = new Set<number>();
  readonly #ended: Promise<ProcessEnd>;
  #errors = "";
  #failure: Error | undefined;

  constructor({ command: [program, ...args], env, cwd }: ProcessRequest) {
    // In its own process group: Ctrl-C goes only to this process, which then decides what to do.
    this.#child = spawn(program, args, {
      stdio: "pipe",
      detached: true,
      env: { ...process.env, ...env },
      ...(cwd && { cwd }),
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-mostErrors);
    });
    // The program may have ended before a write.
    this.#child.stdin?.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#failure = error;
        resolve({ status: null, signal: null, errors: error.message });
      });
      this.#child.once("close", (status, signal) => resolve({ status, signal, errors: this.#errors }));
    });
  }

  /** Why it could not be started; undefined while that is not known. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.#failure;
  }

  /** The lines of its standard output, until it ends. */
  lines(): AsyncIterable<string> {
    return createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
  }

  send(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Registers another process that belongs to the program, so that `stop` ends it too. */
  add(pid: number): void {
    this.#others.add(pid);
  }

  ended(): Promise<ProcessEnd> {
    return this.#ended;
  }

  /** Ends the program and its processes: by closing its input, then with SIGTERM, then with SIGKILL. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      if (await this.#gone()) return;
      this.#signal(signal);
    }
    await this.#gone();
  }

  async #gone(): Promise<boolean> {
    const until = performance.now() + patience;
    await Promise.race([this.#ended, sleep(patience)]);
    while ([...this.#others].some(isThere) && performance.now() < until) await sleep(50);
    return this.#child.pid === undefined || (!isThere(this.#child.pid) && ![...this.#others].some(isThere));
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    for (const one of [...(pid === undefined ? [] : [-pid]), ...this.#others]) {
      try {
        process.kill(one, signal);
      } catch {
        // It has ended already.
      }
    }
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
