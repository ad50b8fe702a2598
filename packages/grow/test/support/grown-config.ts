// config.json after growth by a list of layers, for tests.
import { isJsonObject, type JsonObject, parsePythonJson } from "@cambium/files";
import { growConfig } from "../../src/node/config.js";

export const stack = (count: number, factor = 2) => Array.from({ length: count * factor }, (_, t) => t % count);
export const interpolated = (count: number, factor = 2) =>
  Array.from({ length: count * factor }, (_, t) => Math.floor(t / factor));

export function grown(config: JsonObject, layers: readonly number[], names: readonly string[] = []) {
  const { text, reasons, warnings } = growConfig(JSON.stringify(config, null, 2), config, layers, names);
  const json = parsePythonJson(text, "config.json");
  if (!isJsonObject(json)) throw new Error("no object");
  const messages = reasons.list().map(({ where, message }) => `${where}: ${message}`);
  return { json, text, warnings, refused: messages.join("\n") };
}
