// The engines over libtensorflow, in Node alone.
import type { Tfjs } from "../tfjs.js";
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
    probe: () => probeNodeEngine(name),
  };
}
