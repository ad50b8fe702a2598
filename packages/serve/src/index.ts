// A model behind HTTP, for programs that ask as they ask OpenAI: completions, with log-likelihoods, one at a time or in
// lists, whole or as they come.

export { checkExposed } from "./http.js";
export type { RequestReport } from "./routes.js";
export { type ServeOptions, type Serving, serve } from "./server.js";
export { SharedModel } from "./shared-model.js";
