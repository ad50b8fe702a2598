// Evaluation tasks: the contract, shared parts, the built-in tasks, and running a task on a model.
export * from "./evaluate.js";
export * from "./harness.js";
export * from "./metrics.js";
export * from "./resolve.js";
export * from "./task.js";
export * from "./tasks/index.js";
export { firstLargest, type MultipleChoice, multipleChoice, type Question } from "./tasks/multiple-choice.js";
export { perplexity } from "./tasks/perplexity.js";
export { countsOf, perplexities } from "./tasks/rolling.js";
