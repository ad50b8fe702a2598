// Serves a model over HTTP with OpenAI's completions API: with log-likelihoods, single prompts or lists, whole or
// streamed.

export { checkExposed } from "./http.js";
export type { RequestReport } from "./routes.js";
export { checkPort, type ServeOptions, type Serving, serve } from "./server.js";
export { SharedModel } from "./shared-model.js";
