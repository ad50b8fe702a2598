// Measuring training steps: contestants that take turns, statistics, tables. Knows no backend and no peer.
export { CambiumContestant } from "./cambium.js";
export type { Contestant } from "./contestant.js";
export { allowedBytes, type Duel, type Measured } from "./measured.js";
export { median, quantile, slope } from "./statistics.js";
export { batchAt, modelOf, type StepConfig } from "./step-config.js";
export { printTables } from "./tables.js";
