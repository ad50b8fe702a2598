// Measuring in processes: a run of the benchmark, and training steps next to peers in rounds.
export { backendContestant, type Contestant, fileContestant } from "./contestants.js";
export { type MeasureOptions, measure } from "./measure.js";
export { PeerProcess } from "./peer-process.js";
export { type BenchProgress, type BenchRequest, runBench } from "./run.js";
export { suites } from "./suites.js";
