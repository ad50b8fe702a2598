// Attention on GPUs. The backward pass takes two dispatches: a workgroup holds a block of queries in the first, of keys
// in the second.
export { forward } from "./forward.js";
export { keyValueGrad } from "./key-value-grad.js";
export { queryGrad } from "./query-grad.js";
