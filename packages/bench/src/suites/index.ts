// The suites, in the order in which they run. A suite is one file here and one line.
import type { Suite } from "../suite.js";
import { gemm } from "./gemm.js";
import { gemmPeak, streamPeak } from "./peaks.js";
import { step } from "./step.js";

/** What `--suite` can name. */
export const suites: readonly Suite[] = [gemm, step];

/** Measured in every run, since other rows are a share of them. */
export const peaks: readonly Suite[] = [gemmPeak, streamPeak];

export function suiteNamed(name: string): Suite | undefined {
  return [...peaks, ...suites].find((suite) => suite.name === name);
}
