// Compiles tfjs-node's binding from the sources in its package, as its binding.gyp says, by the C++ compiler alone.
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";
import headers from "node-api-headers";
import { complaint, runCommand } from "./command.js";

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
  /** Folder of the npm package. */
  readonly engine: string;
  /** Holds `tensorflow/c/c_api.h`. */
  readonly include: string;
  /** Files of libtensorflow: linked by their sonames. */
  readonly libraries: readonly string[];
  /** Where the loader looks for them: absolute, or from `$ORIGIN`, the folder of the binding. */
  readonly rpath: string;
  readonly output: string;
}

/** @throws CambiumError `E_SETUP_COMPILE` with the compiler's first errors. */
export async function compile(compiler: Compiler, what: Compilation, signal: AbortSignal): Promise<void> {
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(what.engine, "binding", file));
  const flags = ["-shared", "-fPIC", "-O3", "-std=c++17", "-pthread", "-w", `-DNAPI_VERSION=${napiVersion}`];
  const paths = [
    "-I",
    headers.include_dir,
    "-I",
    what.include,
    ...sources,
    ...what.libraries,
    `-Wl,-rpath,${what.rpath}`,
  ];
  const result = await runCommand([...compiler.command, ...flags, ...paths, "-o", what.output], signal);
  if (result?.status === 0) return;
  throw new CambiumError("E_SETUP_COMPILE", "the binding does not compile", {
    where: what.engine,
    got: result ? complaint(result) : "the compiler is gone",
    expected: "a compiler for C++17, and the headers of TensorFlow's C API",
  });
}
