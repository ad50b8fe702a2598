// Evaluation on files: finding a task's rows, and keeping the scores of an interrupted evaluation.
export { type DataSet, findDataSet, readDataSet } from "./data-set.js";
export { evaluateRows, type KeptEvaluation } from "./evaluate-rows.js";
export { type AskedTask, scoresIdentity } from "./identity.js";
export { ScoreJournal } from "./journal.js";
