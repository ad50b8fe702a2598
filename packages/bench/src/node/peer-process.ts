// A peer: another framework training the same model, as a process that takes one JSON command per line.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CambiumError } from "@cambium/ir";
import type { Contestant } from "../contestant.js";
import type { StepConfig } from "../step-config.js";

export class PeerProcess implements Contestant {
  readonly #child: ChildProcess;
  #failure: Error | undefined;
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
    if (this.#failure) return;
    this.#child.removeAllListeners("exit");
    this.#child.stdin?.write(`${JSON.stringify({ cmd: "exit" })}\n`);
    await new Promise((resolve) => this.#child.once("close", resolve));
  }

  #ask(command: object): Promise<Reply> {
    return new Promise((resolve, reject) => {
      // Whoever asks after the end would wait for ever.
      if (this.#failure) return reject(this.#failure);
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
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

interface Reply {
  readonly seconds?: readonly number[];
  readonly gflops?: number;
  readonly peakBytes?: number;
  readonly error?: string;
}
