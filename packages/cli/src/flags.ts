// Command-line options that several commands share.
import { CambiumError } from "@cambium/ir";
import { closest } from "@cambium/plugin";
import type { BackendRequest } from "@cambium/run";
import { type Precision, precisions } from "@cambium/train/precision";
import { parseBytes } from "@cambium/train/quantity";
import type { Command } from "commander";

export interface BackendFlags {
  readonly backend?: string;
  readonly backendOption?: readonly string[];
}

/** Adds `--backend` and `--backend-option`. */
export function withBackendFlags(command: Command): Command {
  return command
    .option(
      "-b, --backend <name>",
      "the backend that computes: an installed one, a package or a path (default: the recipe's or run's, else onnx)",
    )
    .option("--backend-option <key=value>", "an option of the backend, e.g. threads=4; may be repeated", repeated);
}

export interface FamilyFlags {
  readonly family?: readonly string[];
}

/** Adds `--family`. */
export function withFamilyFlag(command: Command): Command {
  return command.option(
    "--family <name>",
    "a model family to try first: an installed one, a package or a path; may be repeated",
    repeated,
  );
}

export interface PrecisionFlags {
  readonly precision?: Precision;
}

/** Adds `--precision`. */
export function withPrecisionFlag(command: Command): Command {
  return command.option(
    "--precision <kind>",
    "f32; mixed (f16 products, scaled loss) or bf16 (bf16 products) if the device computes it (default: the recipe's, else f32)",
    oneOf("--precision", precisions),
  );
}

/** Parser for an option that may be repeated: commander's variadic options swallow the arguments that follow. */
export function repeated(word: string, before: readonly string[] = []): string[] {
  return [...before, word];
}

/** The backend that the flags name; undefined if they name none. @throws CambiumError `E_OPTION` */
export function backendRequest({ backend: name, backendOption: words }: BackendFlags): BackendRequest | undefined {
  if (name === undefined && words === undefined) return undefined;
  return { ...(name !== undefined && { name }), options: keyValues(words ?? [], "--backend-option") };
}

/** `key=value` words as an object, with numbers and booleans parsed. @throws CambiumError `E_OPTION` */
export function keyValues(words: readonly string[], flag: string): Record<string, string | number | boolean> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at <= 0) throw unfit(flag, "key=value", word);
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
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw unfit(flag, `a whole number ≥ ${least}`, text);
  };
}

/** Parser for an option that is a finite number ≥ `least`, or > `least` if `above`. */
export function realNumber(flag: string, least = 0, above = false): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const fits = text.trim() !== "" && Number.isFinite(value) && (above ? value > least : value >= least);
    if (fits) return value;
    throw unfit(flag, `a number ${above ? ">" : "≥"} ${least}`, text);
  };
}

/** Parser for an option that is a size in the spelling of `transformers`: 5GB, 900MB, 1.5GiB or bytes. */
export function byteCount(flag: string): (text: string) => number {
  return (text) => {
    const value = parseBytes(text);
    if (value !== null) return value;
    throw unfit(flag, "a size such as 5GB, 900MB or 1.5GiB", text);
  };
}

/** Parser for an option that is one of `values`. @throws CambiumError `E_OPTION` */
export function oneOf<T extends string>(flag: string, values: readonly T[]): (text: string) => T {
  return (text) => {
    const value = values.find((known) => known === text);
    if (value !== undefined) return value;
    throw unfit(flag, values.join(", ").replace(/, ([^,]*)$/, " or $1"), text, closest(text, values));
  };
}

/** The error that option parsers throw. */
export function unfit(flag: string, expected: string, got: string, near?: string): CambiumError {
  const hint = near === undefined ? {} : { hint: `did you mean "${near}"?` };
  return new CambiumError("E_OPTION", `${flag} does not fit`, { expected, got, ...hint });
}

/** Parser for words separated by commas; the option may be repeated. */
export function listed(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(",").filter(Boolean)];
}

/** Parser for words separated by commas, each of which is one of `values`. @throws CambiumError `E_OPTION` */
export function listedOf<T extends string>(flag: string, values: readonly T[]): (text: string) => readonly T[] {
  return (text) => listed(text).map(oneOf(flag, values));
}
