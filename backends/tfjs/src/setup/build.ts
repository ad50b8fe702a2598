// Makes the folder of a binding: libtensorflow out of wheels or left where it is, the binding, the manifest.
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SetupHost } from "@cambium/backend";
import { append, CambiumError } from "@cambium/ir";
import type { InstalledEngine } from "../engines/node-binding-state.js";
import { opsKey } from "../engines/ops-key.js";
import { type Compiler, compileBinding, compileOps, napiVersion } from "./compiler.js";
import { findLibTensorflow } from "./libtensorflow.js";
import {
  bindingName,
  describeFile,
  type Manifest,
  type ManifestFile,
  type ManifestSource,
  makeManifest,
  manifestName,
  opsName,
} from "./manifest.js";
import { pinned, tensorflowPackage } from "./pins.js";
import { download } from "./pip.js";
import type { SetupRequest } from "./request.js";
import { type SelfTest, selfTest } from "./self-test.js";
import { openWheel, type Wheel } from "./wheel.js";

export interface Tools {
  readonly engine: InstalledEngine;
  readonly compiler: Compiler;
  /** How pip is started. Only called if wheels are downloaded. */
  readonly pip?: readonly [string, ...string[]] | undefined;
}

export interface Built {
  readonly manifest: Manifest;
  readonly test: SelfTest;
}

/** Where libtensorflow is, and where it came from. */
interface Library {
  readonly include: string;
  readonly libraries: readonly string[];
  readonly rpath: string;
  readonly files: readonly ManifestFile[];
  readonly source: ManifestSource;
}

/** Wheels keep their layout below this folder: TensorFlow finds NVIDIA's libraries by it. */
const site = "site";
const downloads = "wheels";
const libraryNames = ["tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2"];
const headers = /^tensorflow\/include\/(tensorflow\/(c|core\/platform)|tsl\/platform|xla\/tsl\/c)\/.*\.h$/;
const nvidiaLibraries = /^nvidia\/(.+\/)?lib\/[^/]+\.so(\.[0-9.]+)?$/;

/** Fills `folder`. @throws CambiumError `E_SETUP_…` from each of the steps. */
export async function build(folder: string, request: SetupRequest, tools: Tools, host: SetupHost): Promise<Built> {
  const { engine, compiler } = tools;
  const library =
    request.source.kind === "folder"
      ? await fromFolder(request.source.folder, host)
      : await fromWheels(folder, request, tools, host);
  host.report(`Compiling the binding of ${engine.packageName} ${engine.version} with ${compiler.version}`);
  const output = join(folder, bindingName);
  await compileBinding(compiler, engine.folder, { ...library, output }, host.signal);
  const ops = request.kind === "node" ? [opsName] : [];
  if (ops.length > 0) {
    host.report("Compiling Cambium's own ops");
    await compileOps(compiler, { ...library, output: join(folder, opsName) }, host.signal);
  }
  await rm(join(folder, site, "tensorflow", "include"), { recursive: true, force: true });
  host.report("Multiplying two matrices with it");
  const test = await selfTest(
    output,
    ops.map((name) => join(folder, name)),
    host.signal,
  );
  const manifest = makeManifest({
    package: engine.packageName,
    version: engine.version,
    tensorflow: test.tensorflow,
    platform: `${process.platform}-${process.arch}`,
    napi: napiVersion,
    node: process.version,
    compiler: compiler.version,
    source: library.source,
    ...(ops.length > 0 && { ops: opsKey() }),
    files: [...(await Promise.all([bindingName, ...ops].map((name) => describeFile(folder, name)))), ...library.files],
  });
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  return { manifest, test };
}

async function fromFolder(folder: string, host: SetupHost): Promise<Library> {
  const found = findLibTensorflow(folder);
  host.report(`Reading ${found.libraries.join(" and ")}`);
  const files = await Promise.all(found.libraries.map((path) => describeFile(folder, path)));
  return { ...found, rpath: found.folder, files, source: { kind: "folder", folder } };
}

async function fromWheels(folder: string, request: SetupRequest, tools: Tools, host: SetupHost): Promise<Library> {
  const cuda = request.kind === "node-gpu";
  const given = request.source.kind === "files" ? request.source.files : undefined;
  const wheels: Wheel[] = [];
  try {
    for (const path of given ?? (await fetchTensorflow(folder, cuda, tools, host))) wheels.push(await openWheel(path));
    const tensorflow = tensorflowOf(wheels, cuda);
    if (given === undefined && cuda) {
      for (const path of await fetchNvidia(folder, tensorflow, tools, host)) wheels.push(await openWheel(path));
    }
    const described = await Promise.all(wheels.map(({ path }) => describeFile(".", path)));
    const files: ManifestFile[] = [];
    for (const wheel of wheels) {
      host.report(`Unpacking ${wheel.name} ${wheel.version}`);
      append(files, await wheel.unpack(join(folder, site), isWanted, host.signal));
    }
    return {
      include: join(folder, site, "tensorflow", "include"),
      libraries: libraryNames.map((name) => join(folder, site, name)),
      rpath: `$ORIGIN/${site}/tensorflow`,
      files: files.filter(({ path }) => !headers.test(path)).map((file) => ({ ...file, path: `${site}/${file.path}` })),
      source: {
        kind: "wheels",
        cuda,
        wheels: described.map((file, i) => ({ ...file, path: `${wheels[i]?.name} ${wheels[i]?.version}` })),
      },
    };
  } finally {
    for (const wheel of wheels) wheel.close();
    await rm(join(folder, downloads), { recursive: true, force: true });
  }
}

function isWanted(path: string): boolean {
  return libraryNames.includes(path) || headers.test(path) || nvidiaLibraries.test(path);
}

/** @throws CambiumError `E_SETUP_WHEEL` if none of the wheels is TensorFlow, or if it is the wrong one. */
function tensorflowOf(wheels: readonly Wheel[], cuda: boolean): Wheel {
  const found = wheels.find(({ name }) => /^tensorflow([-_]cpu)?$/.test(name));
  if (!found || (cuda && found.name !== "tensorflow")) {
    throw new CambiumError("E_SETUP_WHEEL", "none of the wheels is the TensorFlow that is wanted", {
      expected: pinned(tensorflowPackage(cuda)),
      got: wheels.map(({ name, version }) => `${name} ${version}`).join(", "),
    });
  }
  return found;
}

async function fetchTensorflow(folder: string, cuda: boolean, { pip }: Tools, host: SetupHost) {
  const name = tensorflowPackage(cuda);
  host.report(`Downloading ${pinned(name)} with pip (${cuda ? "573" : "274"} MB)`);
  return pip ? download(pip, [name], join(folder, downloads), host) : [];
}

/** The libraries of CUDA and cuDNN that the wheel requires. Those of its compiler are not needed: nothing runs through XLA. */
async function fetchNvidia(folder: string, tensorflow: Wheel, { pip }: Tools, host: SetupHost) {
  const requirements = tensorflow.extra("and-cuda").filter((one) => !one.startsWith("nvidia-cuda-nvcc"));
  const names = requirements.map((one) => /^[\w-]+/.exec(one)?.[0] ?? one);
  host.report(`Downloading ${names.length} wheels of NVIDIA's with pip (about 2.5 GB)`);
  return pip ? download(pip, names, join(folder, downloads), host) : [];
}
