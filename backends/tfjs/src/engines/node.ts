// The engines over libtensorflow, in Node alone.
import type { HalfDType } from "@cambium/ir";
import type { Tfjs } from "../tfjs.js";
import { multipliesBf16 } from "./cpu-bf16.js";
import { computedBy } from "./engine.js";
import { loadNodeEngine } from "./node-binding.js";
import { type NodeEngineKind, probeNodeEngine } from "./node-binding-state.js";
import type { EngineSource } from "./source.js";

export function nodeEngine(name: NodeEngineKind): EngineSource {
  return {
    name,
    load: async () => {
      const { tf, ...rest } = await loadNodeEngine(name);
      return { tf: tf as unknown as Tfjs, ...rest };
    },
    probe: async () => {
      const found = await probeNodeEngine(name);
      const halves: readonly HalfDType[] = name === "node" && multipliesBf16() ? ["bf16"] : [];
      return found.available ? { ...found, computes: computedBy({ halves }) } : found;
    },
  };
}
