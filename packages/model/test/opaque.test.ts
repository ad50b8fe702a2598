// A model known only by its tensors: their order, their renaming into other layers, and which of them write to the
// stream.
import { expect, test } from "vitest";
import { deepenedModel, type OpaqueTensor, opaqueModel, parameterTable, sizesAlong } from "../src/index.js";

const layer = (i: number, parts: readonly string[]): OpaqueTensor[] =>
  parts.map((part) => ({ name: `decoder.layers.${i}.${part}`, shape: part.includes("norm") ? [8] : [8, 8] }));
const usual = ["attn.q_proj.weight", "attn.out_proj.weight", "attn.out_proj.bias", "norm.weight", "mlp.fc1.weight"];
const model = (parts: readonly string[]) =>
  opaqueModel({
    tensors: [
      { name: "out_norm.weight", shape: [8] },
      ...[0, 1].flatMap((i) => layer(i, parts)),
      { name: "embed.weight", shape: [9, 8] },
    ],
    prefix: "decoder.layers.",
    layers: 2,
  });
const writers = (parts: readonly string[]) =>
  parameterTable(model(parts)).flatMap(({ part, writes, layer }) => (writes && layer === 0 ? [part] : []));

test("embeddings come first, then layers as the checkpoint has their tensors, then the rest", () => {
  const names = parameterTable(model(["b.weight", "a.weight"])).map(({ name }) => name);
  expect(names).toEqual([
    "embed.weight",
    ...["0.b", "0.a", "1.b", "1.a"].map((part) => `decoder.layers.${part}.weight`),
    "out_norm.weight",
  ]);
});

test("a deeper one has each layer's tensors renamed, whatever they are", () => {
  const mixed = opaqueModel({
    tensors: [...layer(0, ["mlp.weight"]), ...layer(1, ["experts.0.weight", "experts.1.weight"])],
    prefix: "decoder.layers.",
    layers: 2,
  });
  const deeper = deepenedModel(mixed, [0, 1, 1]);
  expect(parameterTable(deeper).map(({ name, part, layer }) => [name, part, layer])).toEqual([
    ["decoder.layers.0.mlp.weight", "mlp.weight", 0],
    ["decoder.layers.1.experts.0.weight", "experts.0.weight", 1],
    ["decoder.layers.1.experts.1.weight", "experts.1.weight", 1],
    ["decoder.layers.2.experts.0.weight", "experts.0.weight", 2],
    ["decoder.layers.2.experts.1.weight", "experts.1.weight", 2],
  ]);
});

test("stream writers are marked only if all matrices are known and both attention and MLP have a writer", () => {
  expect(writers([...usual, "mlp.fc2.weight"])).toEqual([
    "attn.out_proj.weight",
    "attn.out_proj.bias",
    "mlp.fc2.weight",
  ]);
  expect(writers(usual)).toEqual([]);
  expect(writers([...usual, "mlp.fc2.weight", "mixer.novel.weight"])).toEqual([]);
  expect(writers([...usual, "mlp.fc2.qweight"])).toEqual([]);
});

test("stream writers of experts in one tensor, of attention with low ranks, and of mixers without attention", () => {
  const experts = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj", "mlp.experts.down_proj_bias"];
  const attention = ["self_attn.q_proj.weight", "self_attn.sinks", "self_attn.o_proj.weight"];
  expect(writers([...attention, ...experts])).toEqual(["self_attn.o_proj.weight", ...experts.slice(1)]);
  const ranks = ["q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"].map(
    (name) => `self_attn.${name}.weight`,
  );
  const gate = ["mlp.gate.weight", "mlp.gate.e_score_correction_bias", "mlp.experts.0.down_proj.weight"];
  expect(writers([...ranks, ...gate])).toEqual(["self_attn.o_proj.weight", "mlp.experts.0.down_proj.weight"]);
  const mixer = ["mamba.A_log", "mamba.D", "mamba.dt_bias", "mamba.conv1d.weight", "mamba.in_proj.weight"];
  const [out, fc] = ["mamba.out_proj.weight", "mlp.fc2.weight"];
  expect(writers([...mixer, out, fc])).toEqual([out, fc]);
  // A bias alone, or a scale by a name that nobody knows, may reach the stream.
  expect(writers([...mixer, out, fc, "mlp.bias"])).toEqual([]);
  expect(writers([...mixer, out, fc, "layer_scalar"])).toEqual([]);
});

test("it names no axis", () => {
  expect(() => sizesAlong(model(usual), ["layers", "hidden"])).toThrow(
    expect.objectContaining({ code: "E_FAMILY_AXIS", message: 'the family opaque names no axis "hidden"' }),
  );
});
