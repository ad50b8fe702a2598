// The caller's side of a worker thread: requests are answered in order.
import { type ResourceLimits, Worker } from "node:worker_threads";
import { CambiumError } from "@cambium/ir";
import type { Answer, SentError } from "./messages.js";

interface Pending<Response> {
  resolve(response: Response): void;
  reject(error: unknown): void;
}

export interface ThreadOptions {
  readonly script: URL;
  /** What the thread does, for messages: "makes rows". */
  readonly does: string;
  /** `workerData` of the thread. */
  readonly data?: unknown;
  readonly resourceLimits?: ResourceLimits;
  /** The error of all requests after the thread has ended unasked. Default: the cause itself. */
  lost?(cause: Error): Error;
}

export class ThreadCaller<Request, Response> {
  readonly #worker: Worker;
  readonly #does: string;
  readonly #pending: Pending<Response>[] = [];
  #lost: Error | undefined;

  constructor({ script, does, data, resourceLimits = {}, lost = (cause) => cause }: ThreadOptions) {
    this.#does = does;
    this.#worker = new Worker(script, { name: `cambium: ${does}`, workerData: data, resourceLimits });
    this.#worker.on("message", (answer: Answer<Response>) => {
      const pending = this.#pending.shift();
      if ("response" in answer) pending?.resolve(answer.response);
      else pending?.reject(this.#received(answer.error));
    });
    const lose = (cause: Error) => this.#lose(lost(cause));
    this.#worker.on("error", (cause) => lose(cause instanceof Error ? cause : new Error(String(cause))));
    this.#worker.on("exit", (code) => lose(new Error(`the thread that ${does} exited with code ${code}`)));
  }

  /** Requests that are not answered yet. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** Why the thread has ended; undefined while it lives. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  /** @throws whatever answering throws; `lost` once the thread has ended */
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

  #lose(cause: Error): void {
    this.#lost ??= cause;
    for (const { reject } of this.#pending.splice(0)) reject(this.#lost);
  }

  #received({ code, message, details }: SentError): Error {
    return code === undefined
      ? new Error(`the thread that ${this.#does}: ${message}`)
      : new CambiumError(code, message, details);
  }
}
