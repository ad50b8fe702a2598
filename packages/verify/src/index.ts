// Finds where a backend departs from the reference: the first op, layer and element, and the smallest graph that shows
// it.
export { smallModels } from "./defaults.js";
export { Expected } from "./expected.js";
export type { Departed, Depth, OutputCheck, Verified } from "./result.js";
export { livelyParameters, type Subject, type SubjectOptions, subjectOf, type Tensors } from "./subject.js";
export { type VerifiedCase, type VerifyBackendOptions, type VerifyOptions, verifyBackend, verifyOn } from "./verify.js";
