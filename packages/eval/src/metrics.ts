// Figures over the samples of all documents that tasks share.
import type { Figure, Metric, Sample } from "./task.js";

/** The mean of `key`, with its standard error sd(n − 1) / √n. */
export function mean(key: string, better: Metric["better"] = "higher"): Metric {
  return {
    better,
    of: (samples): Figure => {
      const values = samples.map((sample) => sample[key] as number);
      const value = total(samples, key) / values.length;
      if (values.length < 2) return { value };
      const squares = values.reduce((sum, one) => sum + (one - value) ** 2, 0);
      return { value, stderr: Math.sqrt(squares / (values.length - 1) / values.length) };
    },
  };
}

/** `change` of Σ `above` / Σ `below` over all documents. */
export function ratio(
  above: string,
  below: string,
  change: (value: number) => number,
  better: Metric["better"] = "lower",
): Metric {
  return { better, of: (samples) => ({ value: change(total(samples, above) / total(samples, below)) }) };
}

function total(samples: readonly Sample[], key: string): number {
  return samples.reduce((sum, sample) => sum + (sample[key] as number), 0);
}
