// The train-step graph, AdamW, schedules, the training loop and its metrics.
export * from "./compiled-step.js";
export { type DeviceState, disposeAll, uploadAll, uploadFresh, uploadState } from "./device-state.js";
export { type FittedStep, type FittedStepOptions, fittedStep, fittedSteps } from "./fitted-step.js";
export * from "./loop.js";
export { initialLossScale, scalingTensors } from "./loss-scale.js";
export type { TrainingMemory } from "./memory.js";
export * from "./metrics.js";
export * from "./optimizer.js";
export * from "./precision.js";
export { byteSize, parseBytes, parseQuantity, quantity, quantityOrZero, quantitySuffixes } from "./quantity.js";
export * from "./schedule.js";
export { type ScheduleName, schedules } from "./schedules/index.js";
export * from "./state.js";
export * from "./step-graph.js";
export * from "./tensorboard.js";
export * from "./trainer.js";
export * from "./trainer-options.js";
