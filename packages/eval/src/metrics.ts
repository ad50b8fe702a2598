// Metrics over the samples of all documents, shared by tasks.
import { Random } from "@cambium/ir";
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

/** Resamplings of the documents for a bootstrap standard error; with 1,000, its own error is 2 %. */
const resamplings = 1000;

/** exp(−mean of `key`), a log-likelihood; standard error by bootstrap over the documents (Efron 1979). */
export function perplexityOf(key: string): Metric {
  return {
    better: "lower",
    of: (samples) => {
      const logs = samples.map((sample) => sample[key] as number);
      const value = Math.exp(-total(samples, key) / logs.length);
      return logs.length < 2 ? { value } : { value, stderr: bootstrapped(logs) };
    },
  };
}

/**
 * Standard deviation of exp(−mean) over resamplings of `logs`, which are sorted so that their order does not matter.
 */
function bootstrapped(logs: readonly number[]): number {
  const sorted = Float64Array.from(logs).sort();
  const random = new Random("bootstrap");
  const values = Array.from({ length: resamplings }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < sorted.length; j++) {
      sum += sorted[Math.floor(random.uniform(i * sorted.length + j) * sorted.length)] as number;
    }
    return Math.exp(-sum / sorted.length);
  });
  const center = values.reduce((sum, value) => sum + value, 0) / resamplings;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (resamplings - 1));
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
