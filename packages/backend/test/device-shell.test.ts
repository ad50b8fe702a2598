// The device shell over parts that only record calls: what it refuses, the order of closing, and that every storage is
// freed or consumed exactly once, whatever fails.
import { add, CambiumError, f32, GraphBuilder, type HostTensor, hostTensor, type TensorType } from "@cambium/ir";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type BuiltGraph,
  type Device,
  type DeviceInfo,
  type DeviceParts,
  type DeviceTensor,
  deviceShell,
  type RunInput,
} from "../src/index.js";

/** The storage of a tensor: its values, and a number for the notes. */
interface Cell {
  readonly id: number;
  readonly values: number[];
}

const info: DeviceInfo = {
  backend: "notes",
  version: "1",
  device: "takes notes",
  accepts: ["f32", "i32", "bool"],
  computes: ["f32", "i32", "bool"],
  composites: [],
  limits: { maxTensorBytes: 64 },
};

/** state' = state + x; sum = state' as well. */
function stepGraph() {
  const builder = new GraphBuilder();
  const next = add(builder.input("state", f32(2)), builder.input("x", f32(2)));
  builder.output("state", next, { replaces: "state" });
  builder.output("sum", next);
  return builder.finish();
}

class Notes {
  /** Every call, in order. */
  readonly events: string[] = [];
  /** Storage that has been neither freed nor consumed yet. */
  readonly live = new Set<number>();
  /** Storage freed or consumed although it was not live. */
  readonly wrong: number[] = [];
  #next = 0;

  make(values: readonly number[]): Cell {
    const cell = { id: this.#next++, values: [...values] };
    this.live.add(cell.id);
    return cell;
  }

  end(what: string, { id }: Cell): void {
    this.events.push(`${what} ${id}`);
    if (!this.live.delete(id)) this.wrong.push(id);
  }

  /** A device whose graphs compute `stepGraph`; `changes` replace some of its parts, or of its built graphs. */
  device(changes: Partial<DeviceParts<Cell>> = {}, built: Partial<BuiltGraph<Cell>> = {}): Device {
    return deviceShell<Cell>({
      info,
      store: ({ data }) => this.make([...data]),
      load: ({ values }, { shape }) => hostTensor("f32", shape, values),
      free: (cell) => this.end("free", cell),
      build: () => ({
        stats: { nodes: 1, plannedBytes: 0 },
        run: (inputs) => ({ outputs: this.step(inputs) }),
        dispose: () => void this.events.push("dispose"),
        ...built,
      }),
      close: () => void this.events.push("close"),
      ...changes,
    });
  }

  step(inputs: readonly RunInput<Cell>[]): Record<string, Cell> {
    const next = [0, 1].map((i) => inputs.reduce((sum, input) => sum + value(input, i), 0));
    for (const { consumed, storage } of inputs) if (consumed && storage) this.end("consume", storage);
    return { state: this.make(next), sum: this.make(next) };
  }
}

function value({ storage, host }: RunInput<Cell>, i: number): number {
  return (storage ? storage.values[i] : host.data[i]) ?? Number.NaN;
}

/** A promise and the functions that settle it. */
function later<T = void>() {
  let resolve!: (result: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));
const ones = hostTensor("f32", [2], [1, 1]);
const output = (outputs: Readonly<Record<string, DeviceTensor>>, name: string) => outputs[name] as DeviceTensor;
const lost = new CambiumError("E_DEVICE_LOST", "it is gone");

test("state is passed from step to step, and fetched outputs are loaded and freed", async () => {
  const notes = new Notes();
  const device = notes.device();
  const executable = await device.compile(stepGraph());
  let state = await device.upload(ones);
  for (let step = 1; step <= 4; step++) {
    const { outputs, fetched } = await executable.run({ state, x: ones }, { fetch: ["sum"] });
    expect([...((await fetched)["sum"] as HostTensor).data]).toEqual([step + 1, step + 1]);
    await expect(device.download(state)).rejects.toMatchObject({ code: "E_DISPOSED" });
    state = output(outputs, "state");
    expect([await device.memory(), notes.live.size]).toMatchObject([{ tensors: 1, bytes: 8, executables: 1 }, 1]);
  }
  state.dispose();
  state.dispose();
  executable.dispose();
  executable.dispose();
  expect([notes.live.size, notes.wrong]).toEqual([0, []]);
  expect(notes.events.filter((event) => event === "dispose")).toHaveLength(1);
});

test("closing waits for a run that is being handed over, then disposes graphs, frees tensors and closes, once", async () => {
  const notes = new Notes();
  const over = later();
  const run: BuiltGraph<Cell>["run"] = async (inputs) => {
    await over.promise;
    notes.events.push("ran");
    return { outputs: notes.step(inputs) };
  };
  const device = notes.device({}, { run });
  const executable = await device.compile(stepGraph());
  const [state, x] = [await device.upload(ones), await device.upload(ones)];
  const running = executable.run({ state, x }, { fetch: ["sum"] });
  const closing = [device.close(), device.close()];
  for (const refused of [device.upload(ones), device.download(x), device.compile(stepGraph()), executable.run({ x })])
    await expect(refused).rejects.toMatchObject({ code: "E_DISPOSED" });
  await turn();
  expect(notes.events).toEqual([]);
  over.resolve();
  await Promise.all(closing);
  await device.close();
  const { outputs, fetched } = await running;
  expect([...((await fetched)["sum"] as HostTensor).data]).toEqual([2, 2]);
  expect(notes.events).toEqual(["ran", "consume 0", "free 3", "dispose", "free 1", "free 2", "close"]);
  output(outputs, "state").dispose();
  executable.dispose();
  await expect(executable.profile()).rejects.toMatchObject({ code: "E_DISPOSED" });
  expect(notes.wrong).toEqual([]);
});

test("closing waits for uploads, downloads, compiling and results under way; none of them leaves anything", async () => {
  const notes = new Notes();
  const gate = later();
  const held = <T>(work: () => T) => gate.promise.then(work);
  const device = notes.device({
    store: ({ data }) => held(() => notes.make([...data])),
    build: () => held(() => ({ stats: { nodes: 0, plannedBytes: 0 }, run: () => ({ outputs: {} }) })),
  });
  const work = [device.upload(ones), device.compile(stepGraph())];
  const closing = device.close();
  gate.resolve();
  await Promise.all([...work, closing]);
  expect([await device.memory(), notes.live.size]).toMatchObject([{ tensors: 0, executables: 0 }, 0]);

  const other = new Notes();
  const read = later<HostTensor>();
  const reading = other.device({ load: () => read.promise });
  const download = reading.download(await reading.upload(ones));
  const closed = reading.close();
  await turn();
  expect(other.events).toEqual([]);
  read.resolve(ones);
  await closed;
  expect([await download, other.events]).toEqual([ones, ["free 0", "close"]]);
});

test("an upload that fails leaves nothing: a wrong shape, a dtype the device lacks, an engine that throws", async () => {
  const notes = new Notes();
  const store = () => Promise.reject(new Error("full"));
  const explain = (error: unknown) => new CambiumError("E_OUT_OF_MEMORY", "no room", { cause: error });
  const device = notes.device({ store, explain });
  const bf16 = hostTensor("bf16", [1]);
  const short = { ...ones, shape: [3] };
  for (const [host, code] of [
    [bf16, "E_UNSUPPORTED"],
    [short, "E_SHAPE"],
    [ones, "E_OUT_OF_MEMORY"],
  ] as const)
    await expect(device.upload(host)).rejects.toMatchObject({ code });
  expect([(await device.memory()).tensors, notes.live.size]).toEqual([0, 0]);
});

test("limits are checked before a graph is built", async () => {
  const device = new Notes().device({ build: () => expect.unreachable() });
  const builder = new GraphBuilder();
  builder.output("y", builder.input("x", f32(17)));
  await expect(device.compile(builder.finish())).rejects.toMatchObject({ code: "E_LIMIT" });
});

test("inputs may be disposed during the hand-over: they are freed once it is complete", async () => {
  const notes = new Notes();
  const over = later();
  const run: BuiltGraph<Cell>["run"] = async (inputs) => {
    await over.promise;
    return { outputs: notes.step(inputs) };
  };
  const device = notes.device({}, { run });
  const executable = await device.compile(stepGraph());
  const [state, x] = [await device.upload(ones), await device.upload(ones)];
  const running = executable.run({ state, x });
  x.dispose();
  executable.dispose();
  expect([await device.memory(), notes.events]).toMatchObject([{ tensors: 0, executables: 0 }, []]);
  over.resolve();
  const { outputs } = await running;
  expect(notes.events).toEqual(["consume 0", "free 1", "dispose"]);
  for (const tensor of Object.values(outputs)) tensor.dispose();
  expect([notes.live.size, notes.wrong]).toEqual([0, []]);
});

test("a refused run consumes nothing; for one that fails in the engine, the shell does not free consumed inputs", async () => {
  const notes = new Notes();
  const run: BuiltGraph<Cell>["run"] = ([state]) => {
    if (state?.storage) notes.end("consume", state.storage);
    throw new Error("broken");
  };
  const device = notes.device({}, { run });
  const executable = await device.compile(stepGraph());
  const [state, x] = [await device.upload(ones), await device.upload(ones)];
  await expect(executable.run({ state })).rejects.toMatchObject({ code: "E_INPUT" });
  expect(notes.live.size).toBe(2);
  await expect(executable.run({ state, x })).rejects.toThrow("broken");
  await expect(executable.run({ state, x })).rejects.toMatchObject({ code: "E_DISPOSED" });
  x.dispose();
  expect([notes.live.size, notes.wrong]).toEqual([0, []]);
});

test("a run that fails after the hand-over frees its outputs, and using one throws that run's error", async () => {
  const notes = new Notes();
  const failed = later<Record<string, HostTensor>>();
  const run: BuiltGraph<Cell>["run"] = (inputs) => {
    const { state } = notes.step(inputs);
    return { outputs: { state: state as Cell }, fetched: failed.promise };
  };
  const device = notes.device({ explain: () => lost }, { run });
  const executable = await device.compile(stepGraph());
  const { outputs, fetched } = await executable.run({ state: ones, x: ones }, { fetch: ["sum"] });
  notes.live.delete(1);
  failed.reject(new Error("driver"));
  await expect(fetched).rejects.toBe(lost);
  const state = output(outputs, "state");
  await expect(device.download(state)).rejects.toBe(lost);
  await expect(executable.run({ state, x: ones })).rejects.toBe(lost);
  state.dispose();
  expect([notes.live.size, notes.wrong]).toEqual([0, []]);
});

test("a device that is known to be lost refuses every request", async () => {
  let health = () => {};
  const device = new Notes().device({ checkHealth: () => health() });
  const executable = await device.compile(stepGraph());
  const tensor = await device.upload(ones);
  health = () => {
    throw lost;
  };
  const requests = [() => device.upload(ones), () => device.download(tensor), () => device.compile(stepGraph())];
  for (const request of [...requests, () => executable.run({})]) await expect(request()).rejects.toBe(lost);
  await device.close();
});

test("every storage is freed or consumed exactly once in any sequence of calls", async () => {
  const commands = fc.constantFrom("upload", "dispose", "step", "fetch", "fail", "late", "download");
  const history = fc.array(fc.tuple(commands, fc.nat(9)), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(history, async (calls) => {
      const notes = new Notes();
      let mode = "";
      const run: BuiltGraph<Cell>["run"] = (inputs) => {
        const outputs = notes.step(inputs);
        if (mode === "late") return { outputs, fetched: Promise.reject(new Error("late")) };
        if (mode !== "fail") return { outputs };
        for (const cell of Object.values(outputs)) notes.end("free", cell);
        throw new Error("fail");
      };
      const device = notes.device({}, { run });
      const executable = await device.compile(stepGraph());
      const handles: DeviceTensor[] = [];
      for (const [what, pick] of calls) {
        mode = what;
        const state = handles[pick % Math.max(1, handles.length)] ?? ones;
        if (what === "upload") handles.push(await device.upload(ones));
        else if (what === "dispose") "dispose" in state && state.dispose();
        else if (what === "download") "dispose" in state && (await device.download(state).catch(() => {}));
        else {
          const fetch = what === "fetch" ? ["sum"] : [];
          const result = await executable.run({ state, x: ones }, { fetch }).catch(() => undefined);
          handles.push(...Object.values(result?.outputs ?? {}));
          await result?.fetched.catch(() => {});
        }
        expect((await device.memory()).tensors).toBe(notes.live.size);
      }
      await device.close();
      expect([notes.live.size, notes.wrong]).toEqual([0, []]);
    }),
  );
});

test("free gets the type of the tensor", async () => {
  const freed: TensorType[] = [];
  const device = new Notes().device({ free: (_, type) => void freed.push(type) });
  (await device.upload(ones)).dispose();
  expect(freed).toEqual([f32(2)]);
});
