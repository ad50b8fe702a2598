// The part of this package that runs anywhere, without a file system: strict JSON and lists of reasons.
export { isJsonObject, type JsonObject, type JsonValue, parseJson } from "./json.js";
export { quote, ReasonList } from "./reasons.js";
