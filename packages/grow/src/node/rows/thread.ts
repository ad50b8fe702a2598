// One thread that makes rows, as the writing thread sees it.
import { Worker } from "node:worker_threads";
import type { ModelDirectory } from "@cambium/checkpoint";
import { CambiumError } from "@cambium/ir";
import { rowScript } from "../row-script.js";
import type { Block, Made } from "./make.js";
import type { Place, RowRequest, RowResponse, SentError } from "./protocol.js";

/** Room for short-lived objects in the thread's heap; numbers lie outside it. */
const maxYoungGenerationSizeMb = 4;

interface Pending {
  resolve(bytes: Uint8Array): void;
  reject(error: unknown): void;
}

export class RowThread {
  readonly #worker = new Worker(rowScript, { name: "cambium-rows", resourceLimits: { maxYoungGenerationSizeMb } });
  readonly #pending: Pending[] = [];
  #made: Made | undefined;
  #lost: unknown;

  constructor(private readonly source: ModelDirectory) {
    this.#worker.on("message", (response: RowResponse) => {
      const pending = this.#pending.shift();
      if ("bytes" in response) pending?.resolve(response.bytes);
      else pending?.reject(received(response.error));
    });
    this.#worker.on("error", (cause) => this.#lose(cause));
    this.#worker.on("exit", (code) => this.#lose(new Error(`a thread that makes rows exited with code ${code}`)));
  }

  /** Blocks that are not answered yet. */
  get waiting(): number {
    return this.#pending.length;
  }

  make({ made, start, end }: Block): Promise<Uint8Array> {
    if (this.#lost) return Promise.reject(this.#lost);
    const other = made !== this.#made;
    this.#made = made;
    const tensor = { made, places: made.sources.map((name) => this.#place(name)) };
    const request: RowRequest = { start, end, ...(other && { tensor }) };
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #place(name: string): Place {
    const shard = this.source.shardOf(name);
    return { entry: shard.entry(name), path: shard.path, fd: shard.fd };
  }

  #lose(cause: unknown): void {
    this.#lost ??= cause;
    for (const { reject } of this.#pending.splice(0)) reject(this.#lost);
  }
}

function received({ code, message, details }: SentError): Error {
  return code === undefined
    ? new Error(`thread that makes rows: ${message}`)
    : new CambiumError(code, message, details);
}
