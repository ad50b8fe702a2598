// The options of this backend: what they are, their defaults, their checks.
import { type BackendOptions, checkOptions } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";

/** Options as given to `open`, with defaults filled in. */
export interface OpenOptions {
  /** Execution provider by ONNX Runtime's name: `cpu` (default), `cuda`, `webgpu`, `dml`, `coreml`, `tensorrt`, … */
  readonly provider: string;
  /** Threads of the cpu provider; default one per core. */
  readonly threads: number;
  /** Record time by op type (`Executable.profile`); costs a few per cent. */
  readonly profile: boolean;
}

/** @throws CambiumError `E_BACKEND_OPTION` naming each option that is unknown or has a value it cannot have. */
export function openOptions(given: BackendOptions, cores: number): OpenOptions {
  checkOptions("onnx", given, { provider: "string", threads: "number", profile: "boolean" });
  const options = { provider: "cpu", threads: cores, profile: false, ...given };
  if (!Number.isInteger(options.threads) || options.threads < 1) {
    throw new CambiumError("E_BACKEND_OPTION", `backend "onnx" cannot take these options`, {
      reasons: [
        {
          where: "threads",
          message: "is not a number of threads",
          expected: "an integer from 1",
          got: String(options.threads),
        },
      ],
    });
  }
  return options;
}
