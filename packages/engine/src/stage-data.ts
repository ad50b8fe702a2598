// A stage's batches and learning rates as tables, for programs without our shuffling and schedules.
import { locate, type TokenReader } from "@cambium/data";
import { groupRate, type ParameterGroup, parameterTable } from "@cambium/model";
import type { Stage } from "@cambium/recipe";
import { schedule } from "@cambium/train";

/** Training tokens per optimizer step. */
export function stepTokens({ batch, accumulation, context }: Stage): number {
  return batch * accumulation * context;
}

/** The number of held-out windows that measure the loss of a stage. */
export function heldOutWindows({ batch, context, evaluation }: Stage): number {
  return Math.max(batch, Math.floor(evaluation.tokens / context));
}

/** Parameters that train with the same settings. */
export interface TrainedGroup {
  readonly parameters: readonly string[];
  readonly weightDecay: number;
  /** Factor on the learning rate of the Adam step only, not of weight decay. */
  readonly factor: number;
  /** Factor on the scheduled learning rate, for both. */
  readonly lr: number;
  /** Tokens over which a further factor on the rate rises to 1; 0 for none. */
  readonly warmup: number;
}

/** The stage's trained parameters in groups; `rate` is a group's rate for a scheduled `lr` after `tokens` tokens. */
export function trainedGroups({ model, phase, optimizer }: Stage): (TrainedGroup & {
  rate(lr: number, tokens: number): number;
})[] {
  const frozen = new Set(phase.frozen);
  const own = new Map(phase.groups?.flatMap((group) => group.parameters.map((name) => [name, group] as const)));
  const groups = new Map<string, { group: ParameterGroup | undefined; factor: number; parameters: string[] }>();
  for (const { name } of parameterTable(model)) {
    if (frozen.has(name)) continue;
    const group = own.get(name);
    const factor = phase.lrMultipliers[name] ?? 1;
    const key = JSON.stringify([group?.lr, group?.warmup, group?.decay, factor]);
    const held = groups.get(key) ?? { group, factor, parameters: [] };
    held.parameters.push(name);
    groups.set(key, held);
  }
  return [...groups.values()].map(({ group, factor, parameters }) => ({
    ...{ parameters, factor, lr: group?.lr ?? 1, warmup: group?.warmup ?? 0 },
    weightDecay: (group?.decay ?? true) ? optimizer.weightDecay : 0,
    rate: (lr, tokens) => (group ? groupRate(group, lr, tokens) : lr),
  }));
}

/** The learning rate of each group in each step: [steps, groups], row-major. */
export function rateTable(stage: Stage, steps: number): Float64Array {
  const groups = trainedGroups(stage);
  const size = stepTokens(stage);
  const planned = schedule(stage.schedule);
  const table = new Float64Array(steps * groups.length);
  for (let step = 0; step < steps; step++) {
    const lr = planned(step * size, size);
    groups.forEach(({ rate }, i) => {
      table[step * groups.length + i] = rate(lr, (step + 1) * size);
    });
  }
  return table;
}

/** The token position at which each window of each step starts: [steps, accumulation · batch], row-major. */
export function windowTable(stage: Stage, tokens: TokenReader, steps: number): BigInt64Array {
  const { seed, context, data } = stage;
  const table = new BigInt64Array((steps * stepTokens(stage)) / context);
  for (let i = 0; i < table.length; i++) {
    table[i] = BigInt(locate(tokens, { seed, context }, data.position + i * context).position);
  }
  return table;
}
