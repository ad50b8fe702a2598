// Run directories on disk: paths, and the one reader and writer of each file.
export { MetricsFile, readRows, streamRows } from "./node/metrics-file.js";
export { type RunRecord, readRun, type StageRecord } from "./node/read-run.js";
export { RunDirectory, requireNoCheckpoint, StageDirectory } from "./node/run-directory.js";
