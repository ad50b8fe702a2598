// The mean loss of a model over batches of windows.
import type { Executable, RunResult } from "@cambium/backend";
import { CambiumError, type HostTensor } from "@cambium/ir";
import type { Weights } from "./weights.js";

/**
 * Mean cross entropy over `batches`, nats per token; each batch has the same weight.
 * @param loss compiled from `lossGraph`
 * @param inputs all its inputs except `tokens`
 * @param batches i32 [batch, context + 1] each
 * @param onBatch called with a batch's index before it runs; if it throws, the evaluation ends with that error
 * @throws CambiumError `E_BATCH` if there are no batches
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
    // Read a batch's loss only after the next batch has been submitted, so that the device does not wait.
    if (before) await add(before);
    before = fetched;
  }
  if (before) await add(before);
  if (count === 0)
    throw new CambiumError("E_BATCH", "there is nothing to evaluate on", { expected: "at least one batch" });
  return sum / count;
}
