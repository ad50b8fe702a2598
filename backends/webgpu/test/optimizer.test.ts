// AdamW over tensors beyond the binding size, and over tensors that share their state, compared with the reference.
import { assertAgrees } from "@cambium/backend/conformance";
import { useSwiftShader } from "@cambium/browser";
import { adamw, f32, type Graph, GraphBuilder, type HostTensor, hostTensor, i32, type Tensor } from "@cambium/ir";
import { expect, test } from "vitest";
import { compileProgram } from "../src/compile/program.js";
import backend from "../src/index.js";
import { traitsOf } from "./shared/traits.js";

await useSwiftShader();

const attrs = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };
const traits = traitsOf("gpu", { maxWorkgroupBytes: 16_384, maxBindingBytes: 2 ** 27 });

/** A step over `count` elements; with `twice`, a second parameter is moved by the first one's moment. */
function step(count: number, twice = false): { graph: Graph; inputs: Record<string, HostTensor> } {
  const builder = new GraphBuilder();
  const inputs: Record<string, HostTensor> = {};
  const input = (name: string): Tensor => {
    inputs[name] = hostTensor(
      "f32",
      [count],
      Float32Array.from({ length: count }, (_, i) => 1 + Math.sin(i)),
    );
    return builder.input(name, f32(count));
  };
  inputs["lr"] = hostTensor("f32", [], [0.01]);
  inputs["step"] = hostTensor("i32", [], [3]);
  const scalars = [builder.constant(hostTensor("f32", [], [0.5])), builder.input("lr", f32())] as const;
  const at = builder.input("step", i32());
  const m = input("m");
  const [p, nextM, v] = adamw(input("p"), input("g"), m, input("v"), ...scalars, at, attrs);
  for (const [name, tensor] of Object.entries({ p, m: nextM, v })) builder.output(name, tensor, { replaces: name });
  if (twice) {
    const [other] = adamw(input("p2"), input("g2"), m, input("v2"), ...scalars, at, attrs);
    builder.output("p2", other, { replaces: "p2" });
  }
  return { graph: builder.finish(), inputs };
}

test.each(["cpu", "gpu"])("tensors larger than a binding are worked on in parts, kernels for %ss", async (kernels) => {
  await using device = await backend.open({ kernels, maxBindingBytes: 2 ** 16 });
  const { graph, inputs } = step(60_000);
  await assertAgrees(device, graph, inputs);
});

test("a binding limit below one chunk's tensors is refused", async () => {
  await using device = await backend.open({ maxBindingBytes: 1024 });
  const { graph, inputs } = step(60_000);
  using executable = await device.compile(graph);
  await expect(executable.run(inputs)).rejects.toMatchObject({ code: "E_LIMIT" });
});

test("a state that another tensor's update reads as well is not overwritten under it", async () => {
  const { graph, inputs } = step(50, true);
  const { outputs } = compileProgram(graph, { traits, alignment: 256, maxBufferBytes: 2 ** 28 });
  const kinds = Object.fromEntries(outputs.map(({ name, placement }) => [name, placement.kind]));
  expect(kinds).toMatchObject({ p: "input", v: "input", m: "arena", p2: "input" });
  await using device = await backend.open();
  await assertAgrees(device, graph, inputs);
});
