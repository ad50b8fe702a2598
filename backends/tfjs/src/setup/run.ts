// The two things that a set-up does: build the binding of an installed tfjs-node or tfjs-node-gpu, and remove it.
import { readdir, realpath, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { SetupHost, SetupOptions, SetupResult } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { enginePackage, findEngine, unavailable } from "../engines/node-binding-state.js";
import { opsKey } from "../engines/ops-key.js";
import { build } from "./build.js";
import { bindingFolder, bindingPrefix, cacheFolder } from "./cache.js";
import { findCompiler } from "./compiler.js";
import { describeFile, type Manifest, manifestName, readManifest, verify } from "./manifest.js";
import { tensorflowVersion } from "./pins.js";
import { findPip } from "./pip.js";
import { readRequest, type SetupRequest } from "./request.js";

/** Most bytes on the disk at once: the wheels, the files unpacked from them, and a margin. */
const needed = { cpu: 1.4e9, cuda: 9e9 };

/** See `BackendSetup.setup`. The package is the one that the file `from` would import. */
export async function setUp(given: SetupOptions, host: SetupHost, from: string): Promise<SetupResult> {
  const request = readRequest(given);
  if (process.platform !== "linux") {
    throw new CambiumError("E_SETUP_PLATFORM", "the binding of tfjs-node is built on Linux only", {
      got: `${process.platform}-${process.arch}`,
      hint: "the engines wasm and cpu need no building; the backend onnx runs on every system",
    });
  }
  const engine = findEngine(request.kind, from);
  if ("state" in engine) throw unavailable(request.kind, engine);
  const folder = bindingFolder(engine.packageName, engine.version);
  const standing = await readManifest(folder);
  if (standing && (await answers(standing, request))) {
    const problems = await verify(folder, standing, "whole");
    if (problems.length === 0) return result(false, `${describe(standing)} is in place`, folder, standing);
    for (const problem of problems) host.report(`To be built anew: ${problem}`);
  }
  // Checks everything that can be missing before anything is downloaded.
  const cuda = request.kind === "node-gpu";
  const compiler = await findCompiler(host.signal);
  const pip = request.source.kind === "pip" ? await findPip(cuda, host.signal) : undefined;
  if (request.source.kind !== "folder") await host.requireSpace(folder, cuda ? needed.cuda : needed.cpu);
  const { manifest, test } = await host.replaceDirectory(folder, (scratch) =>
    build(scratch, request, { engine, compiler, pip }, host),
  );
  if (cuda && !test.cuda) {
    host.report("TensorFlow finds no CUDA device here: the engine node-gpu will refuse to run until it does");
  }
  return result(true, `built ${describe(manifest)}`, folder, manifest);
}

/** Whether the binding that is there is the requested one. Its files are checked elsewhere. */
async function answers({ source, tensorflow, ops }: Manifest, request: SetupRequest): Promise<boolean> {
  if (request.kind === "node" && ops !== opsKey()) return false;
  if (request.source.kind === "folder") {
    return source.kind === "folder" && (await same(source.folder, request.source.folder));
  }
  if (source.kind !== "wheels") return false;
  if (request.source.kind === "pip") return tensorflow === tensorflowVersion;
  const wanted = await Promise.all(request.source.files.map((path) => describeFile(".", path)));
  const have = new Set(source.wheels.map(({ sha256 }) => sha256));
  return wanted.length === have.size && wanted.every(({ sha256 }) => have.has(sha256));
}

async function same(a: string, b: string): Promise<boolean> {
  const real = (path: string) => realpath(path).catch(() => path);
  return (await real(a)) === (await real(b));
}

function describe({ package: name, version, tensorflow }: Manifest): string {
  return `the binding of ${name} ${version} over TensorFlow ${tensorflow}`;
}

function result(changed: boolean, summary: string, folder: string, manifest: Manifest): SetupResult {
  const { package: name, version, tensorflow, source, compiler } = manifest;
  const details = { package: name, version, tensorflow, folder, source, compiler };
  return { changed, summary: `${summary}, in ${folder}`, details };
}

/** With --cuda the bindings built for tfjs-node-gpu, else all bindings that were built here. */
export async function remove(given: SetupOptions): Promise<SetupResult> {
  const { kind } = readRequest(given);
  const cache = cacheFolder();
  const prefix = kind === "node-gpu" ? bindingPrefix(enginePackage[kind]) : "";
  const names = (await readdir(cache).catch(() => [])).filter((name) => name.replace(/^\./, "").startsWith(prefix));
  for (const name of names) {
    // A folder without a manifest is ignored, in case the rest is interrupted.
    await rm(join(cache, name, manifestName), { force: true });
    await rm(join(cache, name), { recursive: true, force: true });
  }
  if (prefix === "") await rm(cache, { recursive: true, force: true });
  const built = names.filter((name) => !name.startsWith(".")).map((name) => basename(name));
  return {
    changed: names.length > 0,
    summary: built.length > 0 ? `removed ${built.join(", ")} from ${cache}` : `nothing was built in ${cache}`,
    details: { folder: cache, removed: built },
  };
}
