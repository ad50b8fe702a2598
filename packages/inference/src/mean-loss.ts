// The mean loss of a model over batches of windows.
import type { Executable, RunResult } from "@cambium/backend";
import { CambiumError, type HostTensor } from "@cambium/ir";
import type { Weights } from "./weights.js";

/**
 * Mean cross entropy over `batches`, nats per token, each batch counting the same.
 * @param loss compiled from `lossGraph`
 * @param inputs everything it takes but `tokens`
 * @param batches i32 [batch, context + 1] each
 * @param onBatch called with a batch's index before it runs; what it throws ends the work
 * @throws CambiumError `E_BATCH` where there is no batch
 */
export async function meanLoss(
  loss: Pick<Executable, "run">,
  inputs: Weights,
  batches: Iterable<HostTensor>,
  onBatch?: (index: number) => void,
): Promise<number> {
  let [sum, count] = [0, 0];
  const add = async (fetched: RunResult["fetched"]) => {
    sum += (await fetched)["loss"]?.data[0] as number;
    count += 1;
  };
  let before: RunResult["fetched"] | undefined;
  let index = 0;
  for (const tokens of batches) {
    onBatch?.(index++);
    const { fetched } = await loss.run({ ...inputs, tokens }, { fetch: ["loss"] });
    // The device has the next batch by the time the one before is read.
    if (before) await add(before);
    before = fetched;
  }
  if (before) await add(before);
  if (count === 0)
    throw new CambiumError("E_BATCH", "there is nothing to evaluate on", { expected: "a batch or more" });
  return sum / count;
}
