// Benchmarks of backends: suites, statistics, results and tables. Independent of any backend or peer.
export { type Compared, compare, type Measure } from "./compare.js";
export type { Engaged } from "./engaged.js";
export { asCsv, asJsonLines } from "./formats.js";
export { historyLines, readHistory } from "./history.js";
export { differences, leftOut, pairsBetween, pairsWithin } from "./pairs.js";
export type { Parity } from "./parity.js";
export { fastest, ratioOver, ratioText } from "./ratios.js";
export { type BenchDocument, benchDocument, benchProblem, readBench, schemaName } from "./result.js";
export { median } from "./statistics.js";
export { batchAt, modelOf, type StepConfig } from "./step-config.js";
export type { Case, Size, Work } from "./suite.js";
export { asMarkdown, benchTable, figure } from "./table.js";
export { warmUp } from "./warm-up.js";
