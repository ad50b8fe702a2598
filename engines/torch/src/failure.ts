// Why the driver ended early, as an error that says what to do.
import type { ProcessEnd } from "@cambium/engine";
import { CambiumError } from "@cambium/ir";
import type { TorchOptions } from "./options.js";

/** An error reported by the driver; codes in lower case are the driver's own. */
export interface DriverError {
  readonly code: string;
  readonly message?: string;
  readonly rank?: number;
  readonly what?: string;
  readonly value?: string;
  readonly step?: number;
  readonly lr?: number;
}

interface Circumstances {
  readonly python: string;
  readonly options: TorchOptions;
  readonly stage: string;
}

const onward = "the same command continues from what was saved";

export function failureOf(
  error: DriverError | undefined,
  end: ProcessEnd,
  notStarted: NodeJS.ErrnoException | undefined,
  { python, options, stage }: Circumstances,
): CambiumError {
  const where = `stage "${stage}", engine torch`;
  if (notStarted) {
    return new CambiumError("E_ENGINE_MISSING", "the engine's Python could not be started", {
      ...{ where, got: notStarted.message, hint: "cambium setup torch" },
    });
  }
  if (error?.code === "diverged") {
    return new CambiumError("E_DIVERGED", `the ${error.what} is ${error.value} after step ${error.step}`, {
      where,
      expected: "a finite number",
      got: String(error.value),
      hint: `lower the learning rate (it was ${error.lr?.toPrecision(3)} here) or lengthen the warm-up, then run again`,
    });
  }
  if (error?.code === "disk") {
    return new CambiumError("E_DISK_FULL", "the disk is full: the engine could not save a checkpoint", {
      ...{ where, got: error.message ?? "", hint: `free some space; ${onward}` },
    });
  }
  if (/EADDRINUSE|address already in use/i.test(`${end.errors} ${error?.message}`)) {
    return new CambiumError("E_ENGINE_PORT", "the port where the engine's processes meet is in use", {
      where,
      got: options.port === undefined ? "a port that was free before" : `port ${options.port}`,
      hint: "leave out the engine's option port to get a free one, or name another",
    });
  }
  const [, number] = /exitcode\s*:\s*-(\d+)/.exec(end.errors) ?? [];
  if (number !== undefined && error?.code !== "device") {
    const memory = number === "9" ? " (from a user, or from the system when it runs out of memory: see dmesg)" : "";
    return new CambiumError("E_ENGINE_FAILED", "a process of the engine was killed", {
      ...{ where, got: `signal ${number}${memory}`, hint: onward },
    });
  }
  const said = error?.message ?? end.errors.trim().split("\n").at(-1) ?? "";
  return new CambiumError("E_ENGINE_FAILED", "the engine torch failed", {
    where,
    got: said.slice(0, 2000) || (end.signal ? `ended by ${end.signal}` : `exit code ${end.status}`),
    ...(error?.rank !== undefined &&
      options.nproc > 1 && { expected: `process ${error.rank} of ${options.nproc} to continue` }),
    hint:
      error?.code === "device" ? `give the engine device: cpu, or install a CUDA build of torch in ${python}` : onward,
  });
}
