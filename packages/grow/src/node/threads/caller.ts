// The caller's side of a worker thread: requests are answered in order.
import { type ResourceLimits, Worker } from "node:worker_threads";
import type { ModelDirectory } from "@cambium/checkpoint";
import { CambiumError } from "@cambium/ir";
import type { Answer, Place, SentError } from "./protocol.js";

/** Where another thread can read the tensor `name`. */
export function placeOf(source: ModelDirectory, name: string): Place {
  const shard = source.shardOf(name);
  return { entry: shard.entry(name), path: shard.path, fd: shard.fd };
}

interface Pending<Response> {
  resolve(response: Response): void;
  reject(error: unknown): void;
}

export class ThreadCaller<Request, Response> {
  readonly #worker: Worker;
  readonly #pending: Pending<Response>[] = [];
  #lost: unknown;

  /** @param does what the thread does, for messages: "makes rows" */
  constructor(
    script: URL,
    private readonly does: string,
    resourceLimits: ResourceLimits = {},
  ) {
    this.#worker = new Worker(script, { name: `cambium: ${does}`, resourceLimits });
    this.#worker.on("message", (answer: Answer<Response>) => {
      const pending = this.#pending.shift();
      if ("response" in answer) pending?.resolve(answer.response);
      else pending?.reject(this.#received(answer.error));
    });
    this.#worker.on("error", (cause) => this.#lose(cause));
    this.#worker.on("exit", (code) => this.#lose(new Error(`the thread that ${does} exited with code ${code}`)));
  }

  /** Requests that are not answered yet. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** @throws whatever answering throws; an error without a code if the thread is lost */
  ask(request: Request): Promise<Response> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  /** Ends the thread; requests that are not answered are rejected. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #lose(cause: unknown): void {
    this.#lost ??= cause;
    for (const { reject } of this.#pending.splice(0)) reject(this.#lost);
  }

  #received({ code, message, details }: SentError): Error {
    return code === undefined
      ? new Error(`the thread that ${this.does}: ${message}`)
      : new CambiumError(code, message, details);
  }
}
