// Statistics over several seeds of one recipe: mean, deviation and interval of each arm's figures, and which arms
// differ. Arms are compared seed by seed: the same seed means the same split and the same batches.
import type { RunRecord } from "@cambium/run-format/node";
import { type PairedDifference, pairedDifference, type SeedStatistics, seedStatistics } from "@cambium/scaling";
import { summarizeArm } from "./arm-summary.js";
import { layOut } from "./arms.js";
import { type ArmEvaluation, evaluationOf, evaluationOverSeeds } from "./evaluation.js";

/** The result of one arm with one seed. */
export interface SeedResult {
  readonly seed: string;
  readonly arm: string;
  /** Final held-out loss, nats per token. */
  readonly loss: number | null;
  /** As `ArmSummary.speedup`. */
  readonly speedup: number | null;
}

export interface ArmOverSeeds {
  readonly arm: string;
  readonly loss: SeedStatistics;
  readonly speedup: SeedStatistics | null;
  /** Final loss minus that of the from-scratch arm with the same seed; null for that arm, or without one. */
  readonly overScratch: PairedDifference | null;
}

/** Two grown arms: final loss of the first minus that of the second with the same seed. */
export interface ArmDifference extends PairedDifference {
  readonly first: string;
  readonly second: string;
}

export interface SeedSummary {
  readonly arms: readonly ArmOverSeeds[];
  /** Every pair of arms except pairs with the from-scratch arm. */
  readonly differences: readonly ArmDifference[];
}

export interface OverSeeds extends SeedSummary {
  readonly planned: readonly number[];
  /** Seeds whose arms are all done; the figures cover these. */
  readonly done: readonly number[];
  readonly running: boolean;
  readonly results: readonly SeedResult[];
  /** By arm, for arms evaluated with every seed that is done; ± is the standard deviation between seeds. */
  readonly evaluations: Readonly<Record<string, ArmEvaluation>>;
}

/** @param scratch the arm that the others are compared with */
export function summarizeSeeds(results: readonly SeedResult[], scratch = "scratch"): SeedSummary {
  const names = [...new Set(results.map(({ arm }) => arm))];
  const lossOf = (arm: string, seed: string) =>
    results.find((one) => one.arm === arm && one.seed === seed)?.loss ?? null;
  const pairsOf = (first: string, second: string) =>
    results.flatMap(({ arm, seed, loss }): [number, number][] => {
      const other = arm === first ? lossOf(second, seed) : null;
      return loss === null || other === null ? [] : [[loss, other]];
    });
  const arms = names.flatMap((arm): ArmOverSeeds[] => {
    const own = results.filter((one) => one.arm === arm && one.loss !== null);
    if (own.length === 0) return [];
    const speedups = own.flatMap(({ speedup }) => speedup ?? []);
    const pairs = arm === scratch ? [] : pairsOf(arm, scratch);
    return [
      {
        arm,
        loss: seedStatistics(own.map(({ loss }) => loss as number)),
        speedup: speedups.length === 0 ? null : seedStatistics(speedups),
        overScratch: pairs.length === 0 ? null : pairedDifference(pairs),
      },
    ];
  });
  const grown = names.filter((name) => name !== scratch);
  const differences = grown.flatMap((first, i) =>
    grown.slice(i + 1).flatMap((second): ArmDifference[] => {
      const pairs = pairsOf(first, second);
      return pairs.length === 0 ? [] : [{ first, second, ...pairedDifference(pairs) }];
    }),
  );
  return { arms, differences };
}

/** The statistics of a run with several seeds; null for a run with one. */
export function overSeeds({ manifest, others, ...own }: RunRecord): OverSeeds | null {
  const { seeds } = manifest;
  if (seeds === undefined) return null;
  const runs = seeds.flatMap((seed, i) => {
    const run = i === 0 ? { manifest, others, ...own } : others.get(seed);
    return run?.manifest.state === "done" ? [{ seed, arms: layOut(run) }] : [];
  });
  const results = runs.flatMap(({ seed, arms }) => {
    const scratch = arms.find((arm) => !arm.grows);
    return arms.map((arm): SeedResult => {
      const { finalHeldOutLoss, speedup } = summarizeArm(arm, scratch);
      return { seed: String(seed), arm: arm.name, loss: finalHeldOutLoss, speedup };
    });
  });
  const scratch = runs[0]?.arms.find((arm) => !arm.grows)?.name;
  const done = runs.map(({ seed }) => seed);
  const evaluations = Object.fromEntries(
    (runs[0]?.arms ?? []).flatMap(({ name }) => {
      const each = runs.flatMap(({ arms }) => {
        const arm = arms.find((one) => one.name === name);
        return (arm && evaluationOf(arm)) ?? [];
      });
      return each.length > 0 && each.length === runs.length ? [[name, evaluationOverSeeds(each)]] : [];
    }),
  );
  const running = done.length < seeds.length;
  return { planned: seeds, done, running, results, evaluations, ...summarizeSeeds(results, scratch) };
}
