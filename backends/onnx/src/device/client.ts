// Calls to the worker thread. They are answered in order; if the worker dies, all of them fail.
import { Worker } from "node:worker_threads";
import { CambiumError } from "@cambium/ir";
import type { CallName, Calls, Notice, Request, Response, SentError } from "../protocol.js";

/**
 * Room for short-lived objects in the worker's JavaScript heap. Tensors live outside it, so that it needs little. By
 * default it would grow by tens of megabytes before its garbage is collected for the first time.
 */
const maxYoungGenerationSizeMb = 3;

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class WorkerClient {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #next = 0;
  #lost: CambiumError | undefined;

  constructor(script: URL) {
    this.#worker = new Worker(script, { name: "cambium-onnx", resourceLimits: { maxYoungGenerationSizeMb } });
    // An idle device must not keep the process alive; a pending call must.
    this.#worker.unref();
    this.#worker.on("message", (response: Response) => this.#settle(response));
    this.#worker.on("error", (cause) => this.#lose(cause));
    this.#worker.on("exit", (code) => this.#lose(new Error(`the worker thread exited with code ${code}`)));
  }

  /** @throws CambiumError `E_DEVICE_LOST` if the worker is gone or dies before it answers; else the error of the call. */
  call<N extends CallName>(
    call: N,
    argument: Calls[N]["argument"],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Calls[N]["result"]> {
    if (this.#lost) return Promise.reject(this.#lost);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      if (this.#pending.size === 0) this.#worker.ref();
      this.#pending.set(id, { resolve: resolve as Pending["resolve"], reject });
      this.#worker.postMessage({ id, call, argument } as Request, transfer);
    });
  }

  /** Sends the worker a notice, which is not answered. */
  notify(notice: Notice): void {
    if (!this.#lost) this.#worker.postMessage(notice);
  }

  /** Ends the worker. Later calls throw. */
  async terminate(): Promise<void> {
    this.#lost ??= new CambiumError("E_DEVICE_LOST", "the onnx device is closed");
    await this.#worker.terminate();
  }

  #settle(response: Response): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ("error" in response) pending?.reject(received(response.error));
    else pending?.resolve(response.result);
  }

  #lose(cause: unknown): void {
    this.#lost ??= new CambiumError("E_DEVICE_LOST", "the onnx device stopped working", {
      got: cause instanceof Error ? cause.message : String(cause),
      hint: "open the device again; training continues from its last snapshot",
      cause,
    });
    for (const { reject } of this.#pending.values()) reject(this.#lost);
    this.#pending.clear();
  }
}

function received({ code, message, details, stack }: SentError): Error {
  if (code !== undefined) return new CambiumError(code, message, details ?? {});
  const error = new Error(`onnx worker: ${message}`);
  return stack === undefined ? error : Object.assign(error, { stack });
}
