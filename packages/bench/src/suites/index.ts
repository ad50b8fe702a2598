// The suites that only need a device, in the order in which they run. A suite is one file here and one line below.
import type { DeviceSuite } from "../suite.js";
import { attention } from "./attention.js";
import { cold } from "./cold.js";
import { compile } from "./compile.js";
import { gemm } from "./gemm.js";
import { generate, generateLarge } from "./generate.js";
import { ops } from "./ops.js";
import { gemmPeak, streamPeak } from "./peaks.js";
import { scale } from "./scale.js";
import { step, train } from "./step.js";
import { switching } from "./switch.js";

export const deviceSuites: readonly DeviceSuite[] = [
  gemm,
  ops,
  attention,
  step,
  train,
  scale,
  generate,
  generateLarge,
  cold,
  compile,
  switching,
];

/** Measured in every run, because other rows' shares refer to them. */
export const peaks: readonly DeviceSuite[] = [gemmPeak, streamPeak];
