// The options that the backend is opened with, and their checks.
import { type BackendOptions, checkOptions } from "@cambium/backend";
import { bindingUnit, type DeviceTraits } from "./lower/traits.js";

export interface DeviceOptions {
  /** Time every kernel. */
  readonly profile?: boolean;
  /** The family of kernels; by default the adapter decides, and software adapters get their own. */
  readonly kernels?: DeviceTraits["kind"];
  /** Time the variants of kernels on this device once and take the fastest; the results are kept. */
  readonly tune?: boolean;
  /** Largest range of one binding, bytes, if it is to be smaller than the adapter's; at least `bindingUnit`. */
  readonly maxBindingBytes?: number;
}

export interface OpenOptions extends DeviceOptions {
  /** See `requestGpu`. */
  readonly adapter?: string;
}

/** @throws CambiumError `E_BACKEND_OPTION` naming every option that is unknown, mistyped or out of range */
export function openOptions(given: BackendOptions): OpenOptions {
  checkOptions("webgpu", given, {
    adapter: "string",
    kernels: ["gpu", "cpu"],
    tune: "boolean",
    profile: "boolean",
    maxBindingBytes: { least: bindingUnit },
  });
  return given as OpenOptions;
}
