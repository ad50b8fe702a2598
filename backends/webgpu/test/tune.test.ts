// The tuner: measures each product once per device, keeps what is faster beyond doubt, and lowerings take it.
import { type Device, referenceBackend } from "@cambium/backend";
import { f32, GraphBuilder, hostTensor, matmul, type Node } from "@cambium/ir";
import { expect, test } from "vitest";
import { matmul as lowering } from "../src/kernels/matmul/index.js";
import { productOf } from "../src/kernels/matmul/product.js";
import { variantName, variants } from "../src/kernels/matmul/variants.js";
import { type TextStore, userStore } from "../src/tune/store.js";
import { clock } from "../src/tune/time.js";
import { Tuner } from "../src/tune/tuner.js";
import { lowered } from "./shared/lowered.js";
import { traitsOf } from "./shared/traits.js";

const traits = traitsOf("cpu");

function graphOf(...sizes: readonly [number, number, number][]) {
  const builder = new GraphBuilder();
  for (const [i, [m, n, k]] of sizes.entries())
    builder.output(`c${i}`, matmul(builder.input(`a${i}`, f32(m, k)), builder.input(`b${i}`, f32(k, n))));
  return builder.finish();
}

function memory(): TextStore & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return { texts, read: (name) => texts.get(name), write: (name, text) => texts.set(name, text) };
}

/** A clock by variant: what `choose` would give for the graph's only product decides. */
function fakeClock(seconds: (name: string) => number) {
  const asked: string[] = [];
  const time = async (graph: ReturnType<typeof graphOf>, choose: (key: string) => string | undefined) => {
    const node = graph.nodes.find(({ op }) => op.name === "matmul") as Node;
    const name = choose(keyOf(node)) as string;
    asked.push(name);
    return seconds(name);
  };
  return { asked, time };
}

function keyOf(node: Node): string {
  const { m, n, k } = productOf(node);
  return `matmul ${m}×${n}×${k}`;
}

test("the fastest variant is found once, kept, and taken by the lowering", async () => {
  const graph = graphOf([64, 64, 64], [64, 64, 64], [32, 64, 64]);
  const names = variants(productOf(graph.nodes[0] as Node), traits).map(variantName);
  const fast = names[4] as string;
  const { asked, time } = fakeClock((name) => (name === fast ? 1 : 2));
  const store = memory();
  const tuner = new Tuner({ device: "Some GPU (driver 1)", traits, store, time });
  await tuner.tune(graph);
  expect(asked).toEqual([...names, ...names]);
  expect(tuner.choose("matmul 64×64×64")).toBe(fast);

  const later = new Tuner({
    device: "Some GPU (driver 1)",
    traits,
    store,
    time: () => Promise.reject(new Error("timed again")),
  });
  await later.tune(graph);
  const node = graph.nodes[0] as Node;
  const kernelWith = (choose?: (key: string) => string | undefined) =>
    lowered(
      { kind: "kernels", lower: (one, context) => lowering.lower(one, { ...context, ...(choose && { choose }) }) },
      node,
      traits,
    ).kernels[0]?.groups;
  expect(kernelWith(later.choose)).toEqual([4, 1, 1]);
  expect(kernelWith()).toEqual([16, 1, 1]);

  const other = fakeClock(() => 1);
  await new Tuner({ device: "Some GPU (driver 2)", traits, store, time: other.time }).tune(graph);
  expect(other.asked).toHaveLength(2 * names.length);
});

test("the default stays where others are hardly faster, and where what was kept is broken", async () => {
  const graph = graphOf([64, 64, 64]);
  const [usual] = variants(productOf(graph.nodes[0] as Node), traits).map(variantName);
  const store = memory();
  store.write("gpu-cpu", "{ half a file");
  const tuner = new Tuner({
    device: "gpu",
    traits,
    store,
    time: fakeClock((name) => (name === usual ? 1 : 0.97)).time,
  });
  await tuner.tune(graph);
  expect(tuner.choose("matmul 64×64×64")).toBe(usual);
  expect(JSON.parse(store.texts.get("gpu-cpu") as string)).toEqual({ "matmul 64×64×64": usual });
});

test("measurements are kept in local storage, in a file, or nowhere", () => {
  const held = new Map<string, string>();
  const localStorage = {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, text: string) => held.set(key, text),
  };
  userStore({ localStorage } as never).write("x", "kept");
  expect(userStore({ localStorage } as never).read("x")).toBe("kept");
  const nowhere = userStore({});
  nowhere.write("x", "lost");
  expect(nowhere.read("x")).toBeUndefined();
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new Error("quota");
    },
  };
  expect(() => userStore({ localStorage: full } as never).write("x", "lost")).not.toThrow();
});

test("the clock waits for the work, and closes the devices it was given", async () => {
  const opened: Device[] = [];
  const seen: (string | undefined)[] = [];
  const time = clock(async (choose) => {
    seen.push(choose("a key"));
    const device = await referenceBackend.open();
    opened.push(device);
    return device;
  });
  const seconds = async (size: number) => time(graphOf([size, size, size]), () => "a variant");
  expect(await seconds(64)).toBeGreaterThan(await seconds(8));
  expect(seen).toEqual(["a variant", "a variant"]);
  for (const device of opened) {
    expect(await device.memory()).toMatchObject({ tensors: 0, executables: 0 });
    await expect(device.upload(hostTensor("f32", []))).rejects.toMatchObject({ code: "E_DISPOSED" });
  }
});
