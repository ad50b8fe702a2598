// Attention on software adapters. The backward pass takes two dispatches: lanes are queries in the first, keys in the
// second.
export { forward } from "./forward.js";
export { keyValueGrad } from "./key-value-grad.js";
export { queryGrad } from "./query-grad.js";
