// A run of the benchmark: contestants, suites and cases in processes of their own.
export { inPrecisions } from "../contestant-name.js";
export { backendContestant, type Contestant, fileContestant } from "./contestants.js";
export { randomBase } from "./grow-suite.js";
export { peerContestant } from "./peers.js";
export { type BenchProgress, type BenchRequest, runBench } from "./run.js";
export { suites } from "./suites.js";
