// A peer: another framework training the same model, as a process that takes one JSON command per line.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CambiumError } from "@cambium/ir";

export interface StepConfig {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocab: number;
  readonly batch: number;
  readonly time: number;
}

/** Something that trains: Cambium on a backend, or a peer. */
export interface Contestant {
  readonly name: string;
  /** Builds model and step, and runs what is needed until steps are steady. */
  setup(config: StepConfig): Promise<void>;
  /** Runs `count` steps. @returns seconds of each. */
  steps(count: number): Promise<readonly number[]>;
  /** f32 matrix product m × k by k × n, GFLOPS; absent where it cannot be measured alone. */
  gemm?(m: number, n: number, k: number): Promise<number>;
  /** Most bytes of tensors alive at once so far, by the engine's own count; NaN where it keeps none. */
  peakBytes?(): Promise<number>;
  close(): Promise<void>;
}

export class PeerProcess implements Contestant {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];

  /** @param setup further fields of the `setup` command. */
  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
    readonly setupOptions: object = {},
  ) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.on("error", (cause) =>
      this.#fail(new CambiumError("E_PEER", `${name} did not start`, { where: command, cause })),
    );
    this.#child.on("exit", (code) =>
      this.#fail(new CambiumError("E_PEER", `${name} ended early`, { got: `exit code ${code}` })),
    );
    if (this.#child.stdout) createInterface({ input: this.#child.stdout }).on("line", (line) => this.#reply(line));
  }

  async setup(config: StepConfig): Promise<void> {
    await this.#ask({ cmd: "setup", config, ...this.setupOptions });
    await this.steps(2);
  }

  async steps(count: number): Promise<readonly number[]> {
    return (await this.#ask({ cmd: "steps", count })).seconds ?? [];
  }

  async gemm(m: number, n: number, k: number): Promise<number> {
    return (await this.#ask({ cmd: "gemm", m, n, k })).gflops ?? Number.NaN;
  }

  async peakBytes(): Promise<number> {
    return (await this.#ask({ cmd: "memory" })).peakBytes ?? Number.NaN;
  }

  async close(): Promise<void> {
    this.#child.removeAllListeners("exit");
    this.#child.stdin?.write(`${JSON.stringify({ cmd: "exit" })}\n`);
    await new Promise((resolve) => this.#child.once("close", resolve));
  }

  #ask(command: object): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    });
  }

  #reply(line: string): void {
    const waiting = this.#waiting.shift();
    try {
      const reply = JSON.parse(line) as Reply;
      if (reply.error !== undefined) waiting?.reject(new CambiumError("E_PEER", `${this.name}: ${reply.error}`));
      else waiting?.resolve(reply);
    } catch (cause) {
      waiting?.reject(
        new CambiumError("E_PEER", `${this.name} said something else than JSON`, { got: line.slice(0, 200), cause }),
      );
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

interface Reply {
  readonly seconds?: readonly number[];
  readonly gflops?: number;
  readonly peakBytes?: number;
  readonly error?: string;
}
