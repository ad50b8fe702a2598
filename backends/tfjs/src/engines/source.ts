// The source of an engine: probed by `cambium doctor`, loaded by `open`.
import type { ProbeResult } from "@cambium/backend";
import type { Engine } from "./engine.js";

export type EngineName = "node-gpu" | "node" | "wasm" | "cpu" | "webgpu" | "webgl";

export interface EngineSource {
  readonly name: EngineName;
  /** @throws CambiumError `E_BACKEND_UNAVAILABLE` with how to mend it. */
  load(): Promise<Engine>;
  /** Never throws. */
  probe(): Promise<ProbeResult>;
}
