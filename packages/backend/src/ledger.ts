// TensorLedger: records which tensors of a device are alive, their storage and their bytes.
import { byteLength, CambiumError, formatType, type TensorType } from "@cambium/ir";
import type { DeviceTensor, MemoryStats } from "./contract.js";

/** A live tensor, or one that was disposed while something still reads it. */
interface Entry<S> {
  readonly storage: S;
  readonly bytes: number;
  /** The number of readers that hold it. */
  holds: number;
  /** Whether the handle was disposed. The last reader then frees the storage. */
  disposed: boolean;
}

/** A reader's hold on a tensor. */
export interface Hold<S> {
  readonly storage: S;
  /** Ends the hold; must be called once. */
  release(): void;
}

/**
 * The bookkeeping of a device. `S` stores a tensor: an offset, a buffer, an id in a worker. Every storage that is added
 * leaves exactly once, through `free` or through `take`.
 */
export class TensorLedger<S> {
  readonly #live = new Map<DeviceTensor, Entry<S>>();
  readonly #issued = new WeakSet<DeviceTensor>();
  readonly #failures = new WeakMap<DeviceTensor, unknown>();
  readonly #free: (storage: S, type: TensorType) => void;
  #bytes = 0;
  #peakBytes = 0;

  /** @param free releases the storage of a disposed tensor. */
  constructor(free: (storage: S, type: TensorType) => void = () => {}) {
    this.#free = free;
  }

  /** Makes a handle for `storage`. The caller owns it. */
  add(type: TensorType, storage: S): DeviceTensor {
    const dispose = () => this.#dispose(tensor);
    const tensor: DeviceTensor = { type, dispose, [Symbol.dispose]: dispose };
    const bytes = byteLength(type);
    this.#live.set(tensor, { storage, bytes, holds: 0, disposed: false });
    this.#issued.add(tensor);
    this.#bytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
    return tensor;
  }

  /** Whether this ledger made the handle, alive or not. */
  issued(tensor: DeviceTensor): boolean {
    return this.#issued.has(tensor);
  }

  /** Whether the handle can still be read. */
  alive(tensor: DeviceTensor): boolean {
    return this.#live.has(tensor);
  }

  /** Frees the storage of an output whose run failed; using the handle from now on throws `error`. */
  fail(tensor: DeviceTensor, error: unknown): void {
    if (!this.#live.has(tensor)) return;
    this.#failures.set(tensor, error);
    this.#dispose(tensor);
  }

  /** Throws the error of the run that should have made `tensor`, if that run failed. */
  check(tensor: DeviceTensor): void {
    if (this.#failures.has(tensor)) throw this.#failures.get(tensor);
  }

  /**
   * The storage of `tensor`.
   * @throws CambiumError `E_DISPOSED` if it is gone, `E_INPUT` if it belongs to another device; or the error of its
   * run.
   */
  storage(tensor: DeviceTensor): S {
    return this.#entry(tensor).storage;
  }

  /** Keeps the storage from being freed while it is read, even if the handle is disposed. Throws as `storage` does. */
  hold(tensor: DeviceTensor): Hold<S> {
    const entry = this.#entry(tensor);
    entry.holds += 1;
    const release = () => {
      entry.holds -= 1;
      if (entry.disposed && entry.holds === 0) this.#free(entry.storage, tensor.type);
    };
    return { storage: entry.storage, release };
  }

  /** Ends the handle and returns its storage without freeing it: a run consumes an input. Throws as `storage` does. */
  take(tensor: DeviceTensor): S {
    return this.#remove(tensor).storage;
  }

  /** Disposes everything, for `Device.close`. */
  clear(): void {
    for (const tensor of [...this.#live.keys()]) tensor.dispose();
  }

  /** The device's `memory()`, for this number of executables. */
  stats(executables: number): MemoryStats {
    return { tensors: this.#live.size, bytes: this.#bytes, peakBytes: this.#peakBytes, executables };
  }

  #entry(tensor: DeviceTensor): Entry<S> {
    const entry = this.#live.get(tensor);
    if (entry) return entry;
    this.check(tensor);
    if (this.#issued.has(tensor)) {
      throw new CambiumError("E_DISPOSED", `a tensor ${formatType(tensor.type)} was disposed or consumed by a run`, {
        hint: "use the output that replaces it",
      });
    }
    throw new CambiumError("E_INPUT", "the tensor belongs to another device");
  }

  #remove(tensor: DeviceTensor): Entry<S> {
    const entry = this.#entry(tensor);
    this.#live.delete(tensor);
    this.#bytes -= entry.bytes;
    return entry;
  }

  #dispose(tensor: DeviceTensor): void {
    if (!this.#live.has(tensor)) return;
    const entry = this.#remove(tensor);
    entry.disposed = true;
    if (entry.holds === 0) this.#free(entry.storage, tensor.type);
  }
}
