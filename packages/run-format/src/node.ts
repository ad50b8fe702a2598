// Run directories on disk: where things lie in them, and the one reader and writer of each.
export { MetricsFile, readRows, streamRows } from "./node/metrics-file.js";
export { type RunRecord, readRun, type StageRecord } from "./node/read-run.js";
export { RunDirectory, StageDirectory } from "./node/run-directory.js";
