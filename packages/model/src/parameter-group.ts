// Groups of parameters with a learning rate and a weight decay of their own.
import type { Reason } from "@cambium/ir";

/**
 * The factor on the rate also scales weight decay, since AdamW decays by rate · decay (as PyTorch's param groups do).
 */
export interface ParameterGroup {
  readonly parameters: readonly string[];
  /** Factor on the scheduled learning rate. */
  readonly lr: number;
  /** Training tokens, from the start of the phase, over which a further factor rises from 0 to 1; 0 for none. */
  readonly warmup: number;
  /** Whether weight decay applies. */
  readonly decay: boolean;
}

/**
 * The learning rate of a group's parameters when the schedule's rate is `lr`.
 * @param tokens training tokens of the phase, including this step's, so that the first step does not have rate 0.
 */
export function groupRate(group: Pick<ParameterGroup, "lr" | "warmup">, lr: number, tokens: number): number {
  const planned = lr * group.lr;
  return tokens < group.warmup ? (planned * tokens) / group.warmup : planned;
}

/** Everything that is wrong with the numbers of `groups`, and parameters that are in two of them. */
export function groupReasons(groups: readonly ParameterGroup[]): Reason[] {
  const seen = new Set<string>();
  return groups.flatMap(({ parameters, lr, warmup }, i): Reason[] => {
    const where = `groups / ${i}`;
    const twice = parameters.filter((name) => seen.size === seen.add(name).size);
    const numbers = Object.entries({ lr, warmup }).filter(([, n]) => !(n >= 0 && n < Number.POSITIVE_INFINITY));
    return [
      ...twice.map((name) => ({ where: `${where}: ${name}`, message: "is listed twice in the groups" })),
      ...numbers.map(([name, n]) => {
        const message = `has an invalid ${name}`;
        return { where, message, expected: "a finite number ≥ 0", got: String(n) };
      }),
    ];
  });
}
