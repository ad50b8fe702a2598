// A backend that throws, hangs or gives another form is a finding that names it and what it was asked.
import { type Backend, type Device, defineBackend, type Executable, referenceBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { expect, test } from "vitest";
import { verifyBackend } from "../src/index.js";
import { expectedOf } from "./support.js";

const expected = expectedOf(0);

function changed(change: (device: Device) => Partial<Device>): Backend {
  const open = async () => {
    const device = await referenceBackend.open();
    return { ...device, ...change(device) };
  };
  return defineBackend({ name: "odd", open, probe: () => referenceBackend.probe() });
}

/** @param run replaces the run of every executable */
function runs(run: (own: Executable["run"], ...args: Parameters<Executable["run"]>) => ReturnType<Executable["run"]>) {
  return changed((device) => ({
    compile: async (graph, options) => {
      const executable = await device.compile(graph, options);
      const own = executable.run.bind(executable);
      return { ...executable, run: (...args) => run(own, ...args) };
    },
  }));
}

const never = new Promise<never>(() => {});
const odd: readonly [what: string, backend: Backend, message: RegExp][] = [
  [
    "throws",
    changed(() => ({ compile: () => Promise.reject(new TypeError("no kernel")) })),
    /odd failed when asked to compile a graph[\s\S]*TypeError: no kernel/,
  ],
  ["hangs", runs(() => never), /did not answer when asked to run a graph[\s\S]*within 0.2 s/],
  [
    "does not fetch",
    runs(async (own, ...args) => ({ ...(await own(...args)), fetched: never })),
    /did not answer when asked to run a graph/,
  ],
  [
    "leaves outputs out",
    runs(async () => ({ outputs: {}, fetched: Promise.resolve({}) })),
    /another form\n +at: the result of slice[\s\S]*got: nothing/,
  ],
  [
    "gives another shape",
    runs(async (own, ...args) => {
      const { outputs, fetched } = await own(...args);
      const flat = Object.entries(await fetched).map(([name, host]) => [name, { ...host, shape: [host.data.length] }]);
      return { outputs, fetched: Promise.resolve(Object.fromEntries(flat)) };
    }),
    /another form\n +at: the result of slice\n +expected: i32\[1,6\]\n +got: i32\[6\]/,
  ],
  ["does not open", { ...changed(() => ({})), open: () => never }, /did not answer when asked to open a device/],
];

test.each(odd)("a backend that %s", async (_, backend, message) => {
  const found = await verifyBackend(backend, expected, { patience: 0.2 });
  expect(found).toMatchObject({ backend: "odd", agrees: false, first: null, failed: { code: "E_BACKEND_FAILED" } });
  expect(found.failed?.message).toMatch(message);
});

test("what a device cannot compute is a finding; what the user asked for wrongly is an error", async () => {
  const unsupported = new CambiumError("E_UNSUPPORTED", "no tan here");
  const found = await verifyBackend(
    changed(() => ({ compile: () => Promise.reject(unsupported) })),
    expected,
  );
  expect(found.failed).toEqual({ code: "E_UNSUPPORTED", message: unsupported.format() });
  await expect(verifyBackend(referenceBackend, expected, { options: { nonsense: 1 } })).rejects.toThrow("nonsense");
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(
    verifyBackend(
      runs(() => never),
      expected,
      { signal: stopped },
    ),
  ).rejects.toThrow("stopped");
});
