// What a run of the benchmark writes: the published, versioned schema of its JSON.
import { z } from "zod";

/** Major version: a reader of it reads every document that says so. */
export const schemaName = "cambium-bench/1";

const finite = z.number();

const parity = z
  .strictObject({
    agrees: z.boolean(),
    error: finite.nullable().describe("largest difference, relative; null where it is not a number"),
    tolerance: finite,
    against: z.string(),
  })
  .describe("whether the result is the reference's; a row that does not agree does not count");

const engaged = z
  .strictObject({
    fused: z.array(z.string()).describe("composites that the device took whole"),
    decomposed: z.array(z.string()).describe("composites that it was given in parts"),
    launches: z.int().nullable().describe("kernels that one run launches, where the case is one graph"),
    precision: z.string(),
    fallback: z.string().nullable().describe("why the device is not what its name promises: a software adapter, …"),
  })
  .describe("what really ran");

const row = z.strictObject({
  suite: z.string(),
  case: z.string(),
  size: z.record(z.string(), finite).describe("the numbers that make the case"),
  backend: z.string().describe("the contestant: a backend with its options, or a peer"),
  device: z.string().describe("what computed, in the backend's words"),
  engaged,
  unit: z.enum(["GFLOPS", "GB/s", "tokens/s", "s"]),
  better: z.enum(["higher", "lower"]),
  median: finite,
  interval: z.tuple([finite, finite]).describe("95 % bootstrap interval of the median, turns drawn whole"),
  quartiles: z.tuple([finite, finite]),
  samples: z.array(finite).describe("raw, in the unit, in the order in which they were taken"),
  turns: z.array(z.int()).describe("samples in each turn; between two turns the other contestants had theirs"),
  machine: z.array(finite).describe("seconds of a fixed piece of work on one core, before each turn"),
  seconds: finite.describe("median seconds of one run"),
  warmup: z
    .strictObject({ runs: z.int(), seconds: finite, steady: z.boolean() })
    .describe("runs before the first sample, and whether they had become steady"),
  work: z
    .strictObject({ flops: finite.optional(), bytes: finite.optional(), tokens: finite.optional() })
    .describe("what one run does, by the IR's count"),
  bound: z.enum(["gemm", "stream"]).nullable(),
  peakShare: finite.nullable().describe("share of the device's peak, measured in this run, that bounds it"),
  memory: z.strictObject({
    resident: finite.nullable().describe("most resident bytes of the case's process"),
    device: finite.nullable().describe("most bytes that the backend held on its device"),
  }),
  joules: finite.nullable().describe("of the processor packages, per run, the idle machine's included"),
  parity,
});

const environment = z.looseObject({
  cambium: z.string(),
  commit: z.string().nullable(),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cores: z.int(),
  memory: finite,
  governor: z.string().nullable(),
  energy: z.string().nullable().describe("what counts joules"),
  backends: z.array(z.strictObject({ name: z.string(), version: z.string(), device: z.string() })),
  date: z.string(),
  load: z.array(finite).describe("of the last minute: before the run, and after"),
  hash: z.string().describe("over all but commit, date and load: equal for equal machines and versions"),
});

const failure = z.strictObject({
  suite: z.string(),
  case: z.string(),
  backend: z.string(),
  code: z.string(),
  message: z.string(),
});

export const benchDocument = z.strictObject({
  schema: z.literal(schemaName),
  environment,
  rows: z.array(row),
  failures: z.array(failure).describe("what could not be measured, and why"),
  quick: z.boolean().describe("the smallest cases, few samples"),
  complete: z.boolean().describe("false where the run was interrupted"),
});

export type BenchDocument = z.infer<typeof benchDocument>;
export type Row = z.infer<typeof row>;
export type Failure = z.infer<typeof failure>;
export type Environment = z.infer<typeof environment>;

export function benchJsonSchema(): object {
  return z.toJSONSchema(benchDocument, { target: "draft-2020-12" });
}
