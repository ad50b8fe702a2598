// Compiles tfjs-node's binding from the sources in its package, as its binding.gyp says, and Cambium's own ops, by the C++
// compiler alone.
import { join } from "node:path";
import { complaint, runCommand } from "@cambium/backend/node";
import { CambiumError } from "@cambium/ir";
import headers from "node-api-headers";
import { opsFolder } from "../engines/ops-key.js";

/** The version of Node-API that tfjs-node's own builds use. Every Node from 20 on has it. */
export const napiVersion = 8;

export interface Compiler {
  readonly command: readonly [string, ...string[]];
  /** Its name and version, in its own words. */
  readonly version: string;
}

/** The compiler `$CXX`, as for every build on Unix, else the first of c++, g++ and clang++.
 * @throws CambiumError `E_SETUP_COMPILER` when there is none. */
export async function findCompiler(signal: AbortSignal): Promise<Compiler> {
  const [chosen, ...flags] = (process.env["CXX"] ?? "").split(/\s+/).filter(Boolean);
  const candidates: [string, ...string[]][] =
    chosen === undefined ? [["c++"], ["g++"], ["clang++"]] : [[chosen, ...flags]];
  for (const command of candidates) {
    const result = await runCommand([...command, "--version"], signal);
    if (result?.status === 0) return { command, version: result.output.split("\n")[0]?.trim() ?? "unknown" };
  }
  throw new CambiumError("E_SETUP_COMPILER", "no C++ compiler was found", {
    expected: candidates.map((command) => command.join(" ")).join(", "),
    hint: "apt-get install g++ (Debian, Ubuntu), dnf install gcc-c++ (Fedora), apk add g++ (Alpine)",
  });
}

export interface Compilation {
  /** Holds `tensorflow/c/c_api.h`. */
  readonly include: string;
  /** Files of libtensorflow: linked by their sonames. */
  readonly libraries: readonly string[];
  /** Where the loader looks for them: absolute, or from `$ORIGIN`, the folder of the binding. */
  readonly rpath: string;
  readonly output: string;
}

/**
 * Compiles the binding of the npm package in the folder `engine`.
 * @throws CambiumError `E_SETUP_COMPILE` with the compiler's first errors.
 */
export function compileBinding(compiler: Compiler, engine: string, what: Compilation, signal: AbortSignal) {
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(engine, "binding", file));
  return compile(compiler, engine, ["-w", ...sources], what, signal);
}

/** For this CPU alone; sums in loops marked for it may be taken in lanes. */
const opsFlags = ["-march=native", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math", "-fno-strict-aliasing"];

/** Compiles Cambium's own ops. @throws CambiumError `E_SETUP_COMPILE`. */
export function compileOps(compiler: Compiler, what: Compilation, signal: AbortSignal) {
  const folder = opsFolder();
  return compile(compiler, folder, [...opsFlags, join(folder, "ops.cc")], what, signal);
}

async function compile(
  compiler: Compiler,
  where: string,
  args: readonly string[],
  what: Compilation,
  signal: AbortSignal,
): Promise<void> {
  const flags = ["-shared", "-fPIC", "-O3", "-std=c++17", "-pthread", `-DNAPI_VERSION=${napiVersion}`];
  const include = ["-I", headers.include_dir, "-I", what.include];
  const paths = [...include, ...args, ...what.libraries, `-Wl,-rpath,${what.rpath}`];
  const result = await runCommand([...compiler.command, ...flags, ...paths, "-o", what.output], signal);
  if (result?.status === 0) return;
  throw new CambiumError("E_SETUP_COMPILE", "the binding does not compile", {
    where,
    got: result ? complaint(result) : "the compiler is gone",
    expected: "a compiler for C++17, and the headers of TensorFlow's C API",
  });
}
