// A contestant's process: takes each command as a line of JSON and answers with one.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CambiumError } from "@cambium/ir";
import type { Command, Failed } from "./protocol.js";

export class ContestantProcess {
  readonly #child: ChildProcess;
  #failure: Error | undefined;
  #waiting: { resolve: (reply: unknown) => void; reject: (error: Error) => void } | undefined;
  #said = "";

  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
    cwd: string,
  ) {
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], cwd });
    this.#child.on("error", (cause) =>
      this.#fail(new CambiumError("E_CONTESTANT", `${name} did not start`, { where: command, cause })),
    );
    this.#child.on("exit", (code, signal) =>
      this.#fail(
        new CambiumError("E_CONTESTANT", `${name} ended early`, {
          got: `${signal ?? `exit code ${code}`}${this.#said === "" ? "" : `: ${this.#said.trim()}`}`,
        }),
      ),
    );
    // The end of its output is kept for the error message if it dies.
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#said = (this.#said + text).slice(-600);
    });
    this.#child.stdin?.on("error", () => {});
    if (this.#child.stdout) createInterface({ input: this.#child.stdout }).on("line", (line) => this.#hear(line));
  }

  /** @throws CambiumError the error that the contestant answers with; `E_CONTESTANT` if it dies */
  ask<T>(command: Command): Promise<T> {
    return new Promise((resolve, reject) => {
      // A command after the end would never be answered.
      if (this.#failure) return reject(this.#failure);
      this.#waiting = { resolve: resolve as (reply: unknown) => void, reject };
      this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    });
  }

  /** Asks it to end; kills it after 5 s. */
  async close(): Promise<void> {
    if (this.#failure) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.removeAllListeners("exit");
    this.#child.stdin?.write(`${JSON.stringify({ cmd: "exit" } satisfies Command)}\n`);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
  }

  /** Kills it. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #hear(line: string): void {
    const waiting = this.#waiting;
    // Native libraries may print other lines to standard output.
    if (!waiting || !line.startsWith("{")) return;
    this.#waiting = undefined;
    try {
      const reply = JSON.parse(line) as Partial<Failed>;
      if (reply.error === undefined) waiting.resolve(reply);
      else waiting.reject(new CambiumError(reply.error.code, reply.error.message, { where: this.name }));
    } catch (cause) {
      const got = line.slice(0, 200);
      waiting.reject(new CambiumError("E_CONTESTANT", `${this.name} answered something not JSON`, { got, cause }));
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
