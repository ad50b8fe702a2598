// Loads the WebAssembly build of Hugging Face's tokenizers in Node. The package's manifest declares its one UMD script
// an ES module, so Node cannot import it; the script is read and called as a function.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import { type OpenRustTokenizer, RustFailure, type RustTokenizer } from "../tokenizer/rust.js";
import { guarded, hasEndless } from "./guarded-tokenizer.js";

const specifier = "@mlc-ai/web-tokenizers";

interface Script {
  readonly Tokenizer: { fromJSON(json: ArrayBuffer): Promise<RustTokenizer> };
}

/** One run of the script: a WebAssembly instance, and the lines it has printed since they were last taken. */
interface Instance {
  readonly script: Script;
  readonly printed: string[];
}

/** The instance that the next tokenizer is opened in. After a panic an instance is unusable. */
let shared: Instance | undefined;

/** A tokenizer whose patterns may search without end is opened here, to check that it can be, and used in a thread. */
export const openRustTokenizer: OpenRustTokenizer = async (json) => {
  const tokenizer = await openRust(json);
  return hasEndless(json) ? guarded(json) : tokenizer;
};

/** In this thread. */
export const openRust: OpenRustTokenizer = async (json) => {
  shared ??= load();
  const instance = shared;
  const tokenizer = await failing(instance, () => instance.script.Tokenizer.fromJSON(bytes(json)));
  return {
    encode: (text) => failing(instance, () => tokenizer.encode(text)),
    decode: (ids) => failing(instance, () => tokenizer.decode(ids)),
  };
};

/** The script as a function, and what it has compiled: of these, one is enough for all instances. */
let compiled: { readonly run: (...surroundings: unknown[]) => void; module?: Promise<WebAssembly.Module> } | undefined;

function load(): Instance {
  const printed: string[] = [];
  // As in a page: if it saw `process` it would set the exit code and write to the terminal.
  const surroundings = {
    exports: {},
    module: {},
    process: undefined,
    window: globalThis,
    location: { href: "" },
    console: { log: () => undefined, error: (line: unknown) => printed.push(String(line)) },
    // The script holds its WebAssembly in base64: only the first instance needs to read it.
    atob: (text: string) => (compiled?.module === undefined ? atob(text) : ""),
    WebAssembly: Object.create(WebAssembly, { instantiate: { value: instantiate } }),
  };
  compiled ??= { run: compileScript(Object.keys(surroundings)) };
  compiled.run(...Object.values(surroundings));
  return { script: surroundings.exports as Script, printed };
}

function compileScript(names: string[]) {
  const path = createRequire(import.meta.url).resolve(specifier);
  return compileFunction(readFileSync(path, "utf8"), names, { filename: path }) as (...values: unknown[]) => void;
}

/** As `WebAssembly.instantiate`, for the one program that the script holds. */
async function instantiate(binary: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports) {
  const own = compiled as NonNullable<typeof compiled>;
  own.module ??= WebAssembly.compile(binary);
  const module = await own.module;
  return { module, instance: await WebAssembly.instantiate(module, imports) };
}

function bytes(text: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = new TextEncoder().encode(text);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/** Runs `work`; a panic becomes a failure with the printed message. Works for promises too. */
function failing<T>(instance: Instance, work: () => T): T {
  const { printed } = instance;
  printed.length = 0;
  const fail = (cause: unknown): never => {
    if (shared === instance) shared = undefined;
    throw new RustFailure(panic(printed) ?? String(cause), { cause });
  };
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (cause) {
    return fail(cause);
  }
}

/** The message of the first panic in what was printed: the line after `panicked at PLACE:`. */
function panic(printed: readonly string[]): string | undefined {
  const lines = printed.flatMap((text) => text.split("\n"));
  const message = lines[lines.findIndex((line) => line.includes("panicked at")) + 1];
  const inner = /^called `Result::unwrap\(\)` on an `Err` value: (.*)$/.exec(message ?? "")?.[1] ?? message;
  return inner && (/^Error\("(.*)", line: \d+, column: \d+\)$/.exec(inner)?.[1] ?? inner);
}
