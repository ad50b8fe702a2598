// What of this package runs anywhere: strict JSON and gathered reasons, without a file system.
export { isJsonObject, type JsonObject, type JsonValue, parseJson } from "./json.js";
export { quote, ReasonList } from "./reasons.js";
