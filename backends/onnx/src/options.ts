// The options of this backend: their types, defaults and checks.
import { type BackendOptions, checkOptions } from "@cambium/backend";

/** Options as given to `open`, with defaults filled in. */
export interface OpenOptions {
  /** Execution provider by ONNX Runtime's name: `cpu` (default), `cuda`, `webgpu`, `dml`, `coreml`, `tensorrt`, … */
  readonly provider: string;
  /** Threads of the cpu provider; default one per core. */
  readonly threads: number;
  /** Record time by op type (`Executable.profile`); costs a few per cent. */
  readonly profile: boolean;
}

/** @throws CambiumError `E_BACKEND_OPTION` naming every option that is unknown or has an invalid value. */
export function openOptions(given: BackendOptions, cores: number): OpenOptions {
  checkOptions("onnx", given, { provider: "string", threads: { least: 1, integer: true }, profile: "boolean" });
  return { provider: "cpu", threads: cores, profile: false, ...given };
}
