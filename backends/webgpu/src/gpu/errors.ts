// Faults of a GPU as errors of Cambium: a lost device, a lack of memory, a driver that gives up.
import { CambiumError } from "@cambium/ir";

/** Watches a device for faults that no call reports: its loss, and errors outside of every scope. */
export interface FaultWatch {
  /**
   * @throws CambiumError `E_DEVICE_LOST`, every time, once the device is lost; else the first error since the last
   * check
   */
  check(): void;
  /**
   * Waits for `work`, which was just submitted. A fault that appears before it is over is thrown, and counts as
   * reported.
   */
  during<T>(work: Promise<T>): Promise<T>;
}

/** @param name of the adapter, for messages */
export function watchFaults(device: GPUDevice, name: string): FaultWatch {
  let lost: CambiumError | undefined;
  let fault: Error | undefined;
  let latest: Error | undefined;
  let seen = 0;
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    latest = gpuError(event.error, name);
    fault ??= latest;
    seen += 1;
  });
  device.lost.then(({ reason, message }) => {
    lost =
      reason === "destroyed"
        ? new CambiumError("E_DEVICE_LOST", `the WebGPU device ${name} is closed`)
        : new CambiumError("E_DEVICE_LOST", `the WebGPU device ${name} was lost`, {
            got: message || "no reason given",
            hint: "start the command again: the run continues from its last snapshot",
          });
  });
  const check = () => {
    const error = lost ?? fault;
    fault = undefined;
    if (error) throw error;
  };
  return {
    check,
    async during(work) {
      const before = seen;
      const outcome = await work.then(
        (value) => ({ value }),
        (thrown: unknown) => ({ thrown }),
      );
      // Several pieces of work may be under way when a fault appears. It is unknown which of them it hit, so all fail.
      const error = lost ?? (seen > before ? latest : undefined);
      if (error) {
        fault = undefined;
        throw error;
      }
      if ("thrown" in outcome) throw outcome.thrown;
      return outcome.value;
    },
  };
}

const filters: readonly GPUErrorFilter[] = ["out-of-memory", "internal", "validation"];

/**
 * Issues calls within scopes for every kind of error. The scopes are a stack on the device, so `issue` must not wait.
 * @param where names the action, e.g. `allocate 4096 bytes for "x"`
 * @throws CambiumError `E_OUT_OF_MEMORY`, `E_DRIVER`; Error for an invalid call, which is a defect of Cambium
 */
export async function guarded<T>(device: GPUDevice, where: string, issue: () => T): Promise<T> {
  for (const filter of filters) device.pushErrorScope(filter);
  const result = attempt(issue);
  const errors = await Promise.all(filters.map(() => device.popErrorScope()));
  if ("thrown" in result) throw result.thrown;
  const [first] = errors.filter((error) => error !== null);
  if (first) throw gpuError(first, where);
  return result.value;
}

/** The error to throw for one of WebGPU's errors, by its kind. */
export function gpuError(error: { readonly message: string }, where: string): Error {
  const kind = error.constructor.name;
  const details = { where, got: firstLine(error.message), cause: error };
  if (kind === "GPUOutOfMemoryError")
    return new CambiumError("E_OUT_OF_MEMORY", "the GPU has no memory left for this", {
      ...details,
      hint: "use a smaller batch or context, or an adapter with more memory",
    });
  const internal = kind === "GPUInternalError" || (error as { reason?: string }).reason === "internal";
  if (internal)
    return new CambiumError("E_DRIVER", "the GPU's driver could not do this", {
      ...details,
      hint: "update the driver, or choose another adapter",
    });
  return new Error(`the webgpu backend made an invalid call (${where}): ${error.message}`, { cause: error });
}

function attempt<T>(issue: () => T): { readonly value: T } | { readonly thrown: unknown } {
  try {
    return { value: issue() };
  } catch (thrown) {
    return { thrown };
  }
}

function firstLine(text: string): string {
  return text.split("\n")[0] || "no message";
}
