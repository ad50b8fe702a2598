// Command-line options that several commands share.
import type { Recipe } from "@cambium/experiment";
import { CambiumError } from "@cambium/ir";
import { type Command, Option } from "commander";

export interface BackendFlags {
  readonly backend?: string;
  readonly backendOption?: readonly string[];
}

/** Adds `--backend` and `--backend-option`. */
export function withBackendFlags(command: Command): Command {
  return command
    .option("-b, --backend <name>", "what computes: onnx, another installed backend, a package or a path")
    .addOption(
      new Option("--backend-option <key=value...>", "an option of the backend, e.g. threads=4; may be repeated"),
    );
}

/** The backend that the flags name; undefined when they name none. @throws CambiumError `E_OPTION`. */
export function backendOptions(flags: BackendFlags, fallback?: string): Recipe["backend"] | undefined {
  const name = flags.backend ?? fallback;
  if (name === undefined) {
    if (flags.backendOption === undefined) return undefined;
    throw new CambiumError("E_OPTION", "--backend-option needs --backend", { hint: "for example --backend onnx" });
  }
  return { name, options: keyValues(flags.backendOption ?? [], "--backend-option") };
}

/** `key=value` words as an object; numbers and booleans become such. @throws CambiumError `E_OPTION`. */
export function keyValues(words: readonly string[], flag: string): Record<string, string | number | boolean> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at <= 0) throw new CambiumError("E_OPTION", `${flag} does not fit`, { expected: "key=value", got: word });
      return [word.slice(0, at), plainValue(word.slice(at + 1))];
    }),
  );
}

function plainValue(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Parser for an option that is a whole number ≥ `least`. */
export function wholeNumber(flag: string, least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new CambiumError("E_OPTION", `${flag} does not fit`, { expected: `a whole number ≥ ${least}`, got: text });
  };
}

/** Parser for an option that is a finite number ≥ `least`. */
export function realNumber(flag: string, least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
    throw new CambiumError("E_OPTION", `${flag} does not fit`, { expected: `a number ≥ ${least}`, got: text });
  };
}
