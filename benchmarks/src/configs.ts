// The models that `pnpm bench train` compares: Llamas of 1 to 23 million parameters.
import type { StepConfig } from "@cambium/bench";

export const configs: Readonly<Record<string, StepConfig>> = {
  "6Lx128": { layers: 6, hidden: 128, intermediate: 344, heads: 4, kvHeads: 4, vocab: 256, batch: 8, time: 256 },
  "6Lx256": { layers: 6, hidden: 256, intermediate: 688, heads: 4, kvHeads: 4, vocab: 256, batch: 8, time: 256 },
  "12Lx256": { layers: 12, hidden: 256, intermediate: 688, heads: 4, kvHeads: 4, vocab: 256, batch: 8, time: 256 },
  "6Lx512": { layers: 6, hidden: 512, intermediate: 1376, heads: 8, kvHeads: 8, vocab: 4096, batch: 4, time: 256 },
};
