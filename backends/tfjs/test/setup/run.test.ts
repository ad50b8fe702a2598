// The set-up from its options to the folder in the cache. pip, compiler and package are fakes, so that every call can
// be observed and each can fail; `.ci/run` and the engine's own tests show that the real ones work.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import type { SetupOptions } from "@cambium/backend";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Manifest } from "../../src/setup/manifest.js";
import { remove, setUp } from "../../src/setup/run.js";
import { Project } from "../engines/fake-package.js";
import { sha256, tensorflow, wheel } from "./fake-wheel.js";

const loads = vi.hoisted(() => ({ real: false }));
vi.mock("../../src/setup/self-test.js", async (importActual) => {
  const actual = await importActual<typeof import("../../src/setup/self-test.js")>();
  return {
    selfTest: (...args: Parameters<typeof actual.selfTest>) =>
      loads.real ? actual.selfTest(...args) : Promise.resolve({ tensorflow: "2.21.0", cuda: false }),
  };
});

/** Processes are slow on a busy machine. */
const patient = { timeout: 20_000 };

let project: Project;
let reports: string[];
const before = { PATH: process.env["PATH"], CXX: process.env["CXX"] };

beforeEach(() => {
  project = new Project();
  project.install("node", "4.22.0");
  reports = [];
  loads.real = false;
  process.env["PATH"] = join(project.root, "bin");
  process.env["CXX"] = script(
    "compiler",
    'test "$1" = --version && echo "made-up 1.0" && exit',
    'for one in "$@"; do test "$last" = -o && echo compiled > "$one"; last="$one"; done',
    `printf '%s\\n' "$@" >> ${join(project.root, "compiled")}`,
  );
  offer("tensorflow_cpu-1.0.whl", wheel("tensorflow-cpu", tensorflow));
});
afterEach(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  project.remove();
});

function script(name: string, ...lines: readonly string[]): string {
  const path = project.write(`bin/${name}`, `#!/bin/sh\n${lines.join("\n")}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Lines of a script that note its arguments and the requirements file, its last argument, in one line. */
const noted = () => [
  'for one in "$@"; do test "$last" = --dest && dest="$one"; last="$one"; done',
  'wanted=$(while read -r line; do printf "%s " "$line"; done < "$last")',
  `echo "$@" $wanted >> ${join(project.root, "calls")}`,
];

/** A pip that notes how it is called and brings what stands in `index/`, whatever it is asked for. */
function offer(name: string, content: Uint8Array): string {
  script("python3", 'test "$3" = --version && exit', ...noted(), `/bin/cp ${join(project.root, "index")}/* "$dest"`);
  return project.write(`index/${name}`, content);
}

/** Each time pip was asked to download, with its arguments. */
const downloads = () => {
  const path = join(project.root, "calls");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
};

async function run(options: SetupOptions = {}, signal = new AbortController().signal) {
  return setUp(
    options,
    {
      signal,
      report: (line) => void reports.push(line),
      requireSpace: async () => {},
      replaceDirectory: async (path, build) => {
        const scratch = `${path}.scratch`;
        mkdirSync(scratch, { recursive: true });
        try {
          const result = await build(scratch);
          await rm(path, { recursive: true, force: true });
          await rename(scratch, path);
          return result;
        } finally {
          await rm(scratch, { recursive: true, force: true });
        }
      },
    },
    project.from,
  );
}

const cache = () => join(project.root, "cache", "cambium", "tfjs");
const folder = (name = "tfjs-node") => join(cache(), `${name}-4.22.0-${process.platform}-${process.arch}`);
const manifest = (name?: string) => JSON.parse(readFileSync(join(folder(name), "manifest.json"), "utf8")) as Manifest;
const files = (name?: string) =>
  readdirSync(folder(name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder(name), join(entry.parentPath, entry.name)))
    .sort();

const libraries = ["tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2"];

describe("building", () => {
  test("leaves the binding, the libraries of the wheel and a manifest of their checksums, and nothing else", async () => {
    expect(await run()).toMatchObject({ changed: true, details: { folder: folder(), tensorflow: "2.21.0" } });
    const compiled = ["cambium_ops.node", "tfjs_binding.node"];
    const whole = [...compiled, "manifest.json", ...libraries.map((path) => `site/${path}`)];
    expect(files()).toEqual(whole.sort());
    const { files: listed, source } = manifest();
    expect(Object.fromEntries(listed.map((file) => [file.path, file.sha256]))).toEqual({
      ...Object.fromEntries(compiled.map((path) => [path, sha256("compiled\n")])),
      ...Object.fromEntries(libraries.map((path) => [`site/${path}`, sha256(tensorflow[path] ?? "")])),
    });
    expect(source).toMatchObject({ kind: "wheels", cuda: false, wheels: [{ path: "tensorflow-cpu 1.0" }] });
    expect(readdirSync(cache())).toHaveLength(1);
  });

  test("compiles the sources of the package for Node-API 8, with a path to the libraries that moves with the folder", async () => {
    await run();
    const args = readFileSync(join(project.root, "compiled"), "utf8").split("\n");
    const engine = join(project.root, "project/node_modules/@tensorflow/tfjs-node/binding");
    expect(args).toEqual(expect.arrayContaining(["-DNAPI_VERSION=8", "-Wl,-rpath,$ORIGIN/site/tensorflow"]));
    expect(args.filter((arg) => arg.endsWith(".cc"))).toEqual([
      ...["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(engine, file)),
      expect.stringMatching(/\/native\/ops\.cc$/),
    ]);
    const includes = args.flatMap((arg, i) => (arg === "-I" ? [args[i + 1] ?? ""] : []));
    expect(includes.some((path) => existsSync(join(path, "node_api.h")))).toBe(true);
  });

  test("asks pip for one version, for this machine, without its dependencies, and for nothing when all is there", async () => {
    await run();
    expect(downloads()).toHaveLength(1);
    expect(downloads()[0]).toMatch(
      /^-m pip download .*--no-deps --only-binary :all: .*--require-hashes -r \S+ tensorflow-cpu==2\.21\.0 --hash=sha256:\w{64}$/,
    );
    expect(await run()).toMatchObject({ changed: false, summary: expect.stringMatching(/is in place/) });
    expect(downloads()).toHaveLength(1);
  });

  test("rebuilds what was altered, and reports it", async () => {
    await run();
    const library = join(folder(), "site", "tensorflow/libtensorflow_cc.so.2");
    writeFileSync(library, readFileSync(library, "utf8").replace("API", "api"));
    expect(await run()).toMatchObject({ changed: true });
    expect(reports.join("\n")).toMatch(/To be built anew: .*libtensorflow_cc\.so\.2 is not what was built/);
    expect(readFileSync(library, "utf8")).toBe(tensorflow["tensorflow/libtensorflow_cc.so.2"]);
  });

  test("rebuilds what has ops of other sources or for another CPU", async () => {
    await run();
    writeFileSync(join(folder(), "manifest.json"), JSON.stringify({ ...manifest(), ops: "another" }));
    expect(await run()).toMatchObject({ changed: true });
    expect(await run()).toMatchObject({ changed: false });
  });

  test("takes a wheel that is given, without pip; the same again is nothing new, another is", async () => {
    const mine = project.write("mine.whl", wheel("tensorflow-cpu", { ...tensorflow, "tensorflow/a.h": "" }));
    rmSync(join(project.root, "bin/python3"));
    expect(await run({ wheel: [mine] })).toMatchObject({ changed: true });
    expect(await run({ wheel: [mine] })).toMatchObject({ changed: false });
    expect(await run({ wheel: [join(project.root, "index/tensorflow_cpu-1.0.whl")] })).toMatchObject({ changed: true });
  });

  test("brings NVIDIA's libraries with TensorFlow for CUDA, but for its compiler", async () => {
    project.install("node-gpu", "4.22.0");
    rmSync(join(project.root, "index"), { recursive: true });
    const metadata = ["nvidia-cublas-cu12<13.0,>=12.5", "nvidia-cuda-nvcc-cu12>=12.5", "nvidia-cudnn-cu12>=9"]
      .map((requirement) => `Requires-Dist: ${requirement}; extra == "and-cuda"`)
      .join("\n");
    offer("tensorflow-1.0.whl", wheel("tensorflow", tensorflow, { metadata }));
    const held = { "nvidia/cublas/lib/libcublas.so.12": "cuBLAS", "nvidia/cublas/include/cublas.h": "" };
    const cublas = wheel("nvidia-cublas-cu12", held);
    // The second download finds the first one's wheel there, as pip does, and adds its own.
    script(
      "python3",
      'test "$3" = --version && exit',
      ...noted(),
      `case "$wanted" in *tensorflow==*) /bin/cp ${join(project.root, "index")}/* "$dest";;`,
      `*) /bin/cp ${project.write("cublas.whl", cublas)} "$dest";; esac`,
    );
    expect(await run({ cuda: true })).toMatchObject({ changed: true });
    expect(downloads()[0]).toMatch(/ tensorflow==2\.21\.0 --hash=sha256:\w{64}$/);
    expect(downloads()[1]).toMatch(
      / nvidia-cublas-cu12==[\d.]+ --hash=sha256:\w{64} nvidia-cudnn-cu12==9\.[\d.]+ --hash=\S+$/,
    );
    expect(files("tfjs-node-gpu")).toContain("site/nvidia/cublas/lib/libcublas.so.12");
    expect(files("tfjs-node-gpu").join()).not.toMatch(/\.h|whl/);
    expect(reports.at(-1)).toMatch(/finds no CUDA device here/);
  });

  test.each(["libtensorflow for C", "Python's package"])("uses a folder where it is: %s", async (layout) => {
    const [place, library] =
      layout === "Python's package" ? ["", "libtensorflow_cc.so.2"] : ["lib/", "libtensorflow.so.2"];
    const home = join(project.root, "home");
    const include = "home/include/tensorflow/core/platform/ctstring_internal.h";
    for (const path of ["home/include/tensorflow/c/c_api.h", include]) project.write(path, "");
    for (const name of [library, "libtensorflow_framework.so.2"]) project.write(`home/${place}${name}`, name);
    expect(await run({ libtensorflow: home })).toMatchObject({ changed: true });
    expect(files()).toEqual(["cambium_ops.node", "manifest.json", "tfjs_binding.node"]);
    const args = readFileSync(join(project.root, "compiled"), "utf8").split("\n");
    expect(args).toContain(`-Wl,-rpath,${join(home, place).replace(/\/$/, "")}`);
    expect(manifest().files.map(({ path }) => path)).toContain(join(home, place, library));
    expect(await run({ libtensorflow: home })).toMatchObject({ changed: false });
    renameSync(home, `${home}-gone`);
    mkdirSync(home);
    await expect(run({ libtensorflow: home })).rejects.toMatchObject({ code: "E_SETUP_LIBTENSORFLOW" });
  });
});

describe("removing", () => {
  test("removes all of it, or only what was built for CUDA", async () => {
    project.install("node-gpu", "4.22.0");
    const mine = project.write("mine.whl", wheel("tensorflow", tensorflow));
    await run();
    await run({ cuda: true, wheel: [mine] });
    expect(await remove({ cuda: true })).toMatchObject({ changed: true });
    expect(readdirSync(cache())).toEqual([expect.stringMatching(/^tfjs-node-4/)]);
    expect(await remove({})).toMatchObject({ changed: true, summary: expect.stringMatching(/^removed tfjs-node-4/) });
    expect(existsSync(cache())).toBe(false);
    expect(await remove({})).toMatchObject({ changed: false });
  });
});

describe("obstacles are reported, and what was built stays", () => {
  beforeEach(async () => void (await run()));
  afterEach(() => expect(files()).toContain("tfjs_binding.node"));

  const broken: readonly [string, SetupOptions, () => void, string, RegExp][] = [
    ["no pip", {}, () => rmSync(join(project.root, "bin/python3")), "E_SETUP_PIP", /--wheel FILE/],
    [
      "pip without a network",
      {},
      () => script("python3", 'test "$3" = --version && exit', "echo 'ERROR: Could not find a version' >&2", "exit 1"),
      "E_SETUP_DOWNLOAD",
      /ERROR: Could not find a version/,
    ],
    [
      "no compiler",
      {},
      () => {
        process.env["CXX"] = "no-such-compiler";
      },
      "E_SETUP_COMPILER",
      /apt-get install g\+\+/,
    ],
    [
      "sources that do not compile",
      {},
      () => {
        const text = 'test "$1" = --version && exit\necho "tfjs_backend.cc:1: error: no such type" >&2\nexit 1';
        process.env["CXX"] = script("compiler", text);
      },
      "E_SETUP_COMPILE",
      /tfjs_backend\.cc:1: error: no such type/,
    ],
    [
      "a binding that does not load",
      {},
      () => {
        loads.real = true;
      },
      "E_SETUP_SELF_TEST",
      /tfjs_binding\.node/,
    ],
    [
      "a wheel of something else",
      {},
      () => {
        rmSync(join(project.root, "index"), { recursive: true });
        offer("numpy.whl", wheel("numpy", { "numpy/a.py": "" }));
      },
      "E_SETUP_WHEEL",
      /numpy 1\.0/,
    ],
    ["no wheel there", { wheel: ["/no/such.whl"] }, () => {}, "E_SETUP_OPTION", /no such file/],
    ["two sources", { wheel: ["a"], libtensorflow: "b" }, () => {}, "E_SETUP_OPTION", /two sources/],
    ["a folder without libtensorflow", { libtensorflow: "/tmp" }, () => {}, "E_SETUP_LIBTENSORFLOW", /c_api\.h/],
    ["a package that is not installed", { cuda: true }, () => {}, "E_BACKEND_UNAVAILABLE", /tfjs-node-gpu@\^4\.22\.0/],
  ];

  test.each(broken)("%s", async (_, options, harm, code, says) => {
    if (code !== "E_SETUP_OPTION" && code !== "E_BACKEND_UNAVAILABLE") rmSync(join(folder(), "manifest.json"));
    harm();
    const error = await run(options).then(
      () => expect.unreachable("it was built"),
      (reason) => reason,
    );
    expect(error.code).toBe(code);
    expect(JSON.stringify([error.message, error.details])).toMatch(says);
    expect(readdirSync(cache())).toHaveLength(1);
  });

  test("an interruption while pip works ends pip, too", async () => {
    rmSync(join(folder(), "manifest.json"));
    script("python3", 'test "$3" = --version && exit', `echo $$ > ${join(project.root, "pid")}`, "exec /bin/sleep 60");
    const controller = new AbortController();
    const running = run({}, controller.signal);
    await vi.waitFor(() => expect(existsSync(join(project.root, "pid"))).toBe(true), patient);
    controller.abort();
    await expect(running).rejects.toThrow(/abort/);
    const pid = Number(readFileSync(join(project.root, "pid"), "utf8"));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), patient);
  });
});
