// Runs the benchmark: contestants, suites, and each case in its own process.
export { inPrecisions } from "../contestant-name.js";
export { backendContestant, type Contestant, engineContestant, fileContestant } from "./contestants.js";
export { randomBase } from "./grow-suite.js";
export { peerContestant } from "./peers.js";
export { type BenchProgress, type BenchRequest, runBench } from "./run.js";
export { suites } from "./suites.js";
