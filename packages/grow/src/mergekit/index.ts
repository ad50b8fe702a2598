// mergekit's passthrough files: read as growths, written from plans.
export { dtypesOf, modelOf, type Passthrough, parseMergekit } from "./config.js";
export { passthrough } from "./operator.js";
export { mergekitText } from "./write.js";
