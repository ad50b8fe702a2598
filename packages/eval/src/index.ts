// Evaluation tasks: the contract, what tasks share, perplexity, and running one on a model.
export * from "./evaluate.js";
export * from "./metrics.js";
export * from "./perplexity.js";
export * from "./task.js";
