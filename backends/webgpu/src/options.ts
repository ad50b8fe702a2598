// What the backend is opened with, checked.
import { type BackendOptions, checkOptions } from "@cambium/backend";
import { CambiumError, type Reason } from "@cambium/ir";
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
    maxBindingBytes: "number",
  });
  const { maxBindingBytes = bindingUnit } = given as OpenOptions;
  const reasons: Reason[] = [];
  if (!(maxBindingBytes >= bindingUnit)) {
    const [expected, got] = [`at least ${bindingUnit}`, String(maxBindingBytes)];
    reasons.push({ where: "maxBindingBytes", message: "is too small", expected, got });
  }
  if (reasons.length > 0)
    throw new CambiumError("E_BACKEND_OPTION", 'backend "webgpu" cannot take these options', { reasons });
  return given as OpenOptions;
}
