// Scale: training steps from 5 to 400 million parameters, each within 16 GB: tokens/s times parameters says whether a larger
// model keeps the machine as busy as a small one.
import type { StepConfig } from "../step-config.js";
import type { Case, DeviceSuite } from "../suite.js";
import { step } from "./step.js";

const of = { vocab: 4096, batch: 2, context: 256, memory: 16e9 };

/** By their millions of parameters. */
const sizes: Readonly<Record<string, StepConfig & { readonly memory: number }>> = {
  "5M": { layers: 6, hidden: 256, intermediate: 688, heads: 4, kvHeads: 4, ...of, vocab: 256 },
  "23M": { layers: 6, hidden: 512, intermediate: 1376, heads: 8, kvHeads: 8, ...of },
  "91M": { layers: 12, hidden: 768, intermediate: 2048, heads: 12, kvHeads: 12, ...of },
  "214M": { layers: 16, hidden: 1024, intermediate: 2816, heads: 16, kvHeads: 16, ...of },
  "408M": { layers: 25, hidden: 1152, intermediate: 3072, heads: 18, kvHeads: 18, ...of },
};

export const scale: DeviceSuite = {
  ...step,
  name: "scale",
  summary: "training steps from 5 to 400 million parameters within 16 GB",
  extra: true,
  cases: (quick) =>
    Object.entries(sizes)
      .slice(0, quick ? 1 : undefined)
      .map(([name, size]): Case => ({ name, size: { ...size } })),
};
