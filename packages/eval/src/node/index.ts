// Evaluation on files: where a task's rows lie, and what an interrupted evaluation had scored.
export { type DataSet, findDataSet, readDataSet } from "./data-set.js";
export { evaluateRows, type KeptEvaluation } from "./evaluate-rows.js";
export { ScoreJournal } from "./journal.js";
