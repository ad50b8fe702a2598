// Tools for backend authors: the ledger, and the checks of a run's inputs, of options and of limits.
import { add, CambiumError, cast, f32, GraphBuilder, hostTensor } from "@cambium/ir";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import {
  type BackendOptions,
  checkLimits,
  checkOptions,
  type DeviceTensor,
  Pending,
  referenceBackend,
  TensorLedger,
  validateInputs,
} from "../src/index.js";

function thrown(f: () => unknown): CambiumError {
  try {
    f();
  } catch (error) {
    return error as CambiumError;
  }
  return expect.unreachable("nothing was thrown");
}

function stepGraph() {
  const builder = new GraphBuilder();
  const [state, x] = [builder.input("state", f32(2)), builder.input("x", f32(2))];
  builder.output("state", add(state, x), { replaces: "state" });
  return builder.finish();
}

test("the ledger frees each storage exactly once, and its counts are right after any sequence of calls", () => {
  const commands = fc.array(fc.tuple(fc.constantFrom("add", "dispose", "take"), fc.nat(9)), { maxLength: 60 });
  fc.assert(
    fc.property(commands, (history) => {
      const freed: number[] = [];
      const taken: number[] = [];
      const ledger = new TensorLedger<number>((storage) => freed.push(storage));
      const alive = new Map<number, DeviceTensor>();
      let peak = 0;
      history.forEach(([what, pick], id) => {
        const [key, tensor] = [...alive][pick % Math.max(1, alive.size)] ?? [];
        if (what === "add") alive.set(id, ledger.add(f32(id + 1), id));
        else if (key !== undefined && tensor) {
          if (what === "take") taken.push(ledger.take(tensor));
          tensor.dispose();
          tensor.dispose();
          alive.delete(key);
        }
        const bytes = [...alive.keys()].reduce((sum, n) => sum + 4 * (n + 1), 0);
        peak = Math.max(peak, bytes);
        expect(ledger.stats(3)).toEqual({ tensors: alive.size, bytes, peakBytes: peak, executables: 3 });
      });
      ledger.clear();
      const all = history.flatMap(([what], id) => (what === "add" ? [id] : []));
      expect([...freed, ...taken].sort((a, b) => a - b)).toEqual(all);
    }),
  );
});

test("the ledger tells a disposed handle from one of another device", () => {
  const [ledger, other] = [new TensorLedger<string>(), new TensorLedger<string>()];
  const [dead, stranger] = [ledger.add(f32(1), "a"), other.add(f32(1), "b")];
  expect(ledger.storage(dead)).toBe("a");
  ledger.take(dead);
  expect(() => ledger.storage(dead)).toThrow(expect.objectContaining({ code: "E_DISPOSED" }));
  expect(() => ledger.take(dead)).toThrow(expect.objectContaining({ code: "E_DISPOSED" }));
  expect(() => ledger.storage(stranger)).toThrow(expect.objectContaining({ code: "E_INPUT" }));
});

test("validateInputs binds in graph order and marks consumed inputs", () => {
  const ledger = new TensorLedger<null>();
  const state = ledger.add(f32(2), null);
  const x = hostTensor("f32", [2]);
  const bound = validateInputs(stepGraph(), { x, state }, ledger);
  expect(bound).toEqual([
    { name: "state", type: f32(2), tensor: state, consumed: true },
    { name: "x", type: f32(2), host: x, consumed: false },
  ]);
});

test("validateInputs reports misfits and dead tensors together", () => {
  const ledger = new TensorLedger<null>();
  const dead = ledger.add(f32(2), null);
  dead.dispose();
  const error = thrown(() =>
    validateInputs(stepGraph(), { state: dead, y: hostTensor("f32", [2]) }, ledger, { fetch: ["z"] }),
  );
  expect(error.code).toBe("E_INPUT");
  expect(error.details.reasons?.map(({ where, message }) => `${where}: ${message}`)).toEqual([
    'input "x": is missing',
    'input "y": the graph has no such input',
    'output "z": the graph has no such output',
    'input "state": was disposed or consumed by a run',
  ]);
});

test("an output whose run failed frees its storage, and using it throws that run's error", () => {
  const freed: string[] = [];
  const ledger = new TensorLedger<string>((storage) => freed.push(storage));
  const [failed, consumed] = [ledger.add(f32(2), "failed"), ledger.add(f32(2), "consumed")];
  const lost = new CambiumError("E_DEVICE_LOST", "it is gone");
  ledger.take(consumed);
  for (const tensor of [failed, consumed]) ledger.fail(tensor, lost);
  expect([freed, ledger.stats(0).tensors]).toEqual([["failed"], 0]);
  expect(thrown(() => ledger.storage(failed))).toBe(lost);
  expect(thrown(() => ledger.storage(consumed)).code).toBe("E_DISPOSED");
  const x = hostTensor("f32", [2]);
  expect(thrown(() => validateInputs(stepGraph(), { state: failed, x }, ledger))).toBe(lost);
  expect(thrown(() => validateInputs(stepGraph(), { state: failed }, ledger)).code).toBe("E_INPUT");
  failed.dispose();
});

test("settled waits for pending work and the work that it starts; an unawaited rejection is not reported", async () => {
  const pending = new Pending();
  const done: string[] = [];
  const work = async (name: string, next?: string) => {
    await new Promise((resolve) => setTimeout(resolve));
    if (next !== undefined) pending.track(work(next));
    done.push(name);
    if (next === undefined) throw new Error("unlooked at");
  };
  pending.track(work("first", "second"));
  await pending.settled();
  expect(done).toEqual(["first", "second"]);
});

test("checkOptions names every unknown and mistyped option", () => {
  const given: BackendOptions = { threads: 4, profile: "yes", thread: 1, toString: 1 };
  const error = thrown(() => checkOptions("abacus", given, { threads: "number", profile: "boolean" }));
  expect(error.code).toBe("E_BACKEND_OPTION");
  expect(error.details.reasons?.map(({ where }) => where)).toEqual(["profile", "thread", "toString"]);
  expect(() => checkOptions("abacus", { threads: 4 }, { threads: "number" })).not.toThrow();
});

test("checkOptions names numbers out of range along with all other mistakes", () => {
  const known = { threads: { least: 1, integer: true }, bytes: { least: 1024 }, profile: "boolean" } as const;
  const given = (threads: unknown, bytes: unknown) => ({ threads, bytes, profile: 1 }) as unknown as BackendOptions;
  const reasons = ([threads, bytes]: readonly unknown[]) =>
    thrown(() => checkOptions("abacus", given(threads, bytes), known)).details.reasons;
  for (const numbers of [
    [0, 1023],
    [1.5, -1],
    [Number.NaN, Number.NaN],
  ]) {
    expect(reasons(numbers)).toEqual([
      { where: "threads", message: "is out of range", expected: "an integer, at least 1", got: `${numbers[0]}` },
      { where: "bytes", message: "is out of range", expected: "at least 1024", got: `${numbers[1]}` },
      expect.objectContaining({ where: "profile" }),
    ]);
  }
  expect(reasons(["2", "2000"])?.map(({ message }) => message)).toEqual(Array(3).fill("has the wrong type"));
  expect(reasons([1, 1024.5])?.map(({ where }) => where)).toEqual(["profile"]);
});

test("checkLimits names tensors over the limit, and dtypes that are not accepted", async () => {
  const { info } = await referenceBackend.open();
  const builder = new GraphBuilder();
  const x = builder.input("x", f32(64, 2));
  builder.scope("head", () => builder.output("y", cast(add(x, x), { to: "bf16" })));
  builder.output("z", cast(x, { to: "bf16" }));
  const graph = builder.finish();
  expect(() => checkLimits(graph, { ...info, limits: { maxTensorBytes: 512 } })).not.toThrow();
  const tight = thrown(() => checkLimits(graph, { ...info, limits: { maxTensorBytes: 511 } }));
  expect(tight.code).toBe("E_LIMIT");
  expect(tight.details.reasons?.map(({ where, got }) => `${where} ${got}`)).toEqual([
    'input "x" 512 bytes',
    "add in head 512 bytes",
  ]);
  const narrow = thrown(() => checkLimits(graph, { ...info, accepts: ["f32", "i32", "bool"] }));
  expect(narrow.code).toBe("E_UNSUPPORTED");
  expect(narrow.details.reasons?.map(({ where, got }) => `${where} ${got}`)).toEqual([
    "cast in head bf16[64,2] and 1 more",
  ]);
});

test("the ledger's free gets the type", () => {
  const free = vi.fn();
  new TensorLedger<string>(free).add(f32(3), "s").dispose();
  expect(free).toHaveBeenCalledWith("s", f32(3));
});
