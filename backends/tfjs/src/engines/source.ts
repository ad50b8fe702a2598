// Where an engine comes from: looked at for `cambium doctor`, loaded for `open`.
import type { ProbeResult } from "@cambium/backend";
import type { Engine } from "./engine.js";

export type EngineName = "node-gpu" | "node" | "wasm" | "cpu" | "webgpu" | "webgl";

export interface EngineSource {
  readonly name: EngineName;
  /** @throws CambiumError `E_BACKEND_UNAVAILABLE` with what mends it. */
  load(): Promise<Engine>;
  /** Never throws. */
  probe(): Promise<ProbeResult>;
}
