// Measuring in a process of its own: peers as child processes, and rounds in which contestants take turns.
export { type MeasureOptions, measure } from "./measure.js";
export { PeerProcess } from "./peer-process.js";
