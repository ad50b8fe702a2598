// The suite can fail: a case catches each fault that is injected into the reference device.
import { decompose, type Graph, type HostTensor, type PrimitiveOp, primitives } from "@cambium/ir";
import fc from "fast-check";
import { expect, test } from "vitest";
import { assertAgrees, conformanceCases, randomGraph, runCase } from "../src/conformance/cases.js";
import { type Device, type DeviceTensor, type Executable, Pending, referenceBackend } from "../src/index.js";

/** The reference device with `fault` in front of it. */
async function broken(fault: (device: Device) => Partial<Device>): Promise<Device> {
  const device = await referenceBackend.open();
  return { ...device, ...fault(device) };
}

/** A device whose executables are changed by `change`. */
function withRun(change: (run: Executable["run"], device: Device, graph: Graph) => Executable["run"]) {
  return (device: Device): Partial<Device> => ({
    compile: async (graph) => {
      const executable = await device.compile(graph);
      return { ...executable, run: change(executable.run, device, graph) };
    },
  });
}

/** A device that computes `name` wrongly. */
function withOp(name: string, evaluate: PrimitiveOp["evaluate"]) {
  return (device: Device): Partial<Device> => ({
    compile: (graph) => {
      const nodes = decompose(graph).nodes.map((node) =>
        node.op.kind === "primitive" && node.op.name === name ? { ...node, op: { ...node.op, evaluate } } : node,
      );
      return device.compile({ ...decompose(graph), nodes });
    },
  });
}

const right = (name: keyof typeof primitives): PrimitiveOp["evaluate"] => primitives[name].op.evaluate;
const later = () => new Promise((resolve) => setTimeout(resolve));
const keepAlive = (given: Readonly<Record<string, DeviceTensor | HostTensor>>, device: Device) =>
  Promise.all(
    Object.entries(given).map(async ([name, x]) => [name, "data" in x ? x : await device.download(x)] as const),
  );

const faults: Record<string, (device: Device) => Partial<Device>> = {
  "a tensor leaks at each upload": (device) => ({
    upload: async (host) => {
      await device.upload(host);
      return device.upload(host);
    },
  }),
  "uploads alias the host": (device) => {
    const hosts = new WeakMap<DeviceTensor, HostTensor>();
    return {
      upload: async (host) => {
        const tensor = await device.upload(host);
        hosts.set(tensor, host);
        return tensor;
      },
      download: async (tensor) => hosts.get(tensor) ?? device.download(tensor),
    };
  },
  "a consumed input stays alive": withRun(
    (run, device) => async (given, options) => run(Object.fromEntries(await keepAlive(given, device)), options),
  ),
  "unknown inputs pass": withRun(
    (run, _, graph) => (given, options) =>
      run(
        Object.fromEntries(Object.entries(given).filter(([name]) => graph.inputs.some((input) => input.name === name))),
        options,
      ),
  ),
  "fetched outputs stay on the device too": withRun((run, device) => async (given, options) => {
    const { outputs, fetched } = await run(given, options);
    const twins = await Promise.all(
      Object.entries(await fetched).map(async ([name, host]) => [name, await device.upload(host)] as const),
    );
    return { outputs: { ...outputs, ...Object.fromEntries(twins) }, fetched };
  }),
  "results depend on when they are asked for": withRun((run) => {
    let runs = 0;
    return async (given, options) => {
      const result = await run(given, options);
      runs += 1;
      for (const { dtype, data } of Object.values(await result.fetched))
        if (dtype === "f32") data[0] = (data[0] as number) * (1 + runs * 1e-6);
      return result;
    };
  }),
  "results are read when they arrive": withRun((run) => {
    let latest: Awaited<ReturnType<Executable["run"]>>["fetched"];
    return async (given, options) => {
      const result = await run(given, options);
      latest = result.fetched;
      return { ...result, fetched: later().then(() => latest) };
    };
  }),
  "closing drops what is under way": (device) => {
    let closed = false;
    return {
      ...withRun((run) => async (given, options) => {
        const { outputs, fetched } = await run(given, options);
        const arrived = later().then(() => (closed ? Promise.reject(new Error("closed")) : fetched));
        return { outputs, fetched: new Pending().track(arrived) };
      })(device),
      close: async () => {
        closed = true;
        await device.close();
      },
    };
  },
  "executables are not counted": (device) => ({ memory: async () => ({ ...(await device.memory()), executables: 0 }) }),
  "bools come back as 255": (device) => ({
    download: async (tensor) => {
      const host = await device.download(tensor);
      return host.dtype === "bool" ? { ...host, data: host.data.map((x) => x * 255) as Uint8Array } : host;
    },
  }),
  "matmul is good to 16 bits only": withOp("matmul", (inputs, attrs) =>
    right("matmul")(inputs, attrs).map((y) => y.map((v) => v * (1 + 2 ** -12))),
  ),
  "reduceMax starts at zero": withOp("reduceMax", (inputs, attrs) =>
    right("reduceMax")(inputs, attrs).map((y) => y.map((v) => Math.max(0, v))),
  ),
  "select multiplies": withOp("select", (inputs, attrs) => {
    const [condition, a, b] = inputs.map((x) => ({ ...x, data: x.data.slice() }));
    if (a && b && condition && a.data.length === b.data.length && a.data.length === condition.data.length) {
      return [condition.data.map((c, i) => c * (a.data[i] as number) + (1 - c) * (b.data[i] as number))];
    }
    return right("select")(inputs, attrs);
  }),
  "scatterAdd loses an update": withOp("scatterAdd", (inputs, attrs) => {
    const [updates, indices] = inputs as [(typeof inputs)[0], (typeof inputs)[0]];
    const lost = updates.data.slice();
    lost.fill(0, lost.length - 1);
    return right("scatterAdd")([{ ...updates, data: lost }, indices], attrs);
  }),
  "integers pass through f32": withOp("add", (inputs, attrs) =>
    right("add")(inputs, attrs).map((y) => y.map(Math.fround)),
  ),
  "a closed device goes on": (device) => ({
    close: async () => {},
    [Symbol.asyncDispose]: async () => void (await device.memory()),
  }),
};

const caughtBy: Record<keyof typeof faults, string> = {
  "a tensor leaks at each upload": "memory counts live tensors",
  "uploads alias the host": "upload and download copy",
  "a consumed input stays alive": "a replaced input is consumed",
  "unknown inputs pass": "every misfitting input is named",
  "fetched outputs stay on the device too": "a fetched output gets no device tensor",
  "results depend on when they are asked for": "two runs give the same bits",
  "results are read when they arrive": "each result is its own",
  "closing drops what is under way": "closing finishes what is under way",
  "executables are not counted": "memory counts executables",
  "bools come back as 255": "a downloaded tensor equals the uploaded one",
  "matmul is good to 16 bits only": "across tiles",
  "reduceMax starts at zero": "reduceMax: all below zero",
  "select multiplies": "the branch not taken is infinite",
  "scatterAdd loses an update": "no update is lost",
  "integers pass through f32": "add: integers beyond 2^24",
  "a closed device goes on": "a closed device refuses everything",
};

test.each(Object.entries(faults))("%s: caught", async (name, fault) => {
  const cases = conformanceCases().filter((one) => one.name.includes(caughtBy[name] as string));
  expect(cases.length).toBeGreaterThan(0);
  for (const one of cases) await expect(runCase(one, await broken(fault), () => broken(fault))).rejects.toThrow();
});

test("random graphs find a wrong op too", async () => {
  const device = await broken(faults["reduceMax starts at zero"] as (device: Device) => Partial<Device>);
  const property = fc.asyncProperty(randomGraph(fc), ({ graph, inputs }) => assertAgrees(device, graph, inputs));
  expect((await fc.check(property, { numRuns: 500 })).failed).toBe(true);
});
