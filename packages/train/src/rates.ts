// The learning rates of a step: the schedule's, and those of parameter groups that have one of their own.
import { groupRate, type ParameterGroup, type Phase } from "@cambium/model";

/** An input of step graphs with a learning rate, f32 []. */
export interface RateInput {
  readonly name: string;
  /** Its value, given the schedule's rate `lr` and the phase's training tokens, this step's included. */
  at(lr: number, tokens: number): number;
}

const plain: RateInput = { name: "lr", at: (lr) => lr };

/** The group of each parameter that is in one. */
export function groupsByParameter({ groups = [] }: Phase): ReadonlyMap<string, ParameterGroup> {
  return new Map(groups.flatMap((group) => group.parameters.map((name) => [name, group] as const)));
}

/** The rate of each of `parameters`, in their order; parameters with the same rate share one input. */
export function rateInputs(parameters: readonly string[], phase: Phase): RateInput[] {
  const inputs = new Map<ParameterGroup, RateInput>(
    (phase.groups ?? []).map((group, i) => {
      const own = group.lr !== 1 || group.warmup > 0;
      return [group, own ? { name: `lr:${i}`, at: (lr, tokens) => groupRate(group, lr, tokens) } : plain];
    }),
  );
  const groupOf = groupsByParameter(phase);
  return parameters.map((name) => {
    const group = groupOf.get(name);
    return (group && inputs.get(group)) ?? plain;
  });
}
