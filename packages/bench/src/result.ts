// The published, versioned JSON schema of a benchmark result.
import { z } from "zod";

/** Name and version: each version has its own JSON Schema. `readBench` also reads the versions before. */
export const schemaName = "cambium-bench/3";

const finite = z.number();

const parity = z
  .strictObject({
    agrees: z.boolean(),
    error: finite.nullable().describe("largest relative difference; null if it is not finite"),
    tolerance: finite,
    against: z.string(),
  })
  .describe("whether the result agrees with the reference; a row that does not agree does not count");

const engaged = z
  .strictObject({
    fused: z.array(z.string()).describe("composites that the device compiled itself, to one kernel or several"),
    decomposed: z.array(z.string()).describe("composites that were decomposed for it"),
    launches: z.int().nullable().describe("kernels that one run launches, if the case is one graph"),
    precision: z.string(),
    half: z.array(z.string()).describe("half dtypes of the case that the device stores in their own width"),
    replay: z
      .enum(["captured", "plan", "interpreted"])
      .nullable()
      .describe(
        "how a run repeats: a recording of a whole run is replayed, kernels are handed over by a plan, or every op is looked up anew; null if not told",
      ),
    attention: z
      .enum(["fused", "composed"])
      .nullable()
      .describe(
        "fused: each pass of attention is a kernel or two that keep no scores in memory; composed: products and a softmax; null without attention, or if not told",
      ),
    features: z.array(z.string()).describe("what else kernels use, in the backend's words"),
    providers: z
      .record(z.string(), z.int())
      .nullable()
      .describe("kernels of one run by what ran them, as a profile tells; null if the backend has none that tells"),
    fallback: z.string().nullable().describe("why the device is not what its name suggests: a software adapter, …"),
  })
  .describe("what really ran");

const row = z.strictObject({
  suite: z.string(),
  case: z.string(),
  size: z.record(z.string(), finite).describe("the sizes that define the case"),
  backend: z.string().describe("the contestant: a backend or an engine with its options, or a peer"),
  device: z.string().describe("the device, as the backend describes it"),
  engaged,
  unit: z.enum(["GFLOPS", "GB/s", "tokens/s", "s"]),
  better: z.enum(["higher", "lower"]),
  median: finite,
  interval: z.tuple([finite, finite]).describe("95 % bootstrap interval of the median, resampling whole turns"),
  quartiles: z.tuple([finite, finite]),
  samples: z.array(finite).describe("raw samples in the unit, in the order taken"),
  turns: z.array(z.int()).describe("samples in each turn; the other contestants' turns lie in between"),
  processes: z.array(z.int()).describe("turns in each of the contestant's processes, one after the other"),
  machine: z.array(finite).describe("seconds of a fixed piece of work on one core, before each turn"),
  processor: z
    .array(finite)
    .nullable()
    .describe("seconds of processor time of one run, all threads, by turn; null if the contestant does not tell"),
  seconds: finite.describe("median seconds of one run"),
  warmup: z
    .strictObject({ runs: z.int(), seconds: finite, steady: z.boolean() })
    .describe("runs before the first sample, and whether they became steady"),
  work: z
    .strictObject({ flops: finite.optional(), bytes: finite.optional(), tokens: finite.optional() })
    .describe("the work of one run, by the IR's count"),
  bound: z.enum(["gemm", "stream"]).nullable(),
  peakShare: finite.nullable().describe("share of the device's limiting peak, as measured in this run"),
  ratio: z
    .strictObject({
      over: z.string().describe("the contestant"),
      value: finite,
      interval: z.tuple([finite, finite]).nullable().describe("95 %; null with fewer than two turns of either"),
    })
    .optional()
    .describe("speed over that of another contestant in the same case; absent unless --over names some"),
  memory: z.strictObject({
    resident: finite.nullable().describe("peak resident bytes of the case's process"),
    device: finite.nullable().describe("peak bytes that the backend held on its device"),
  }),
  joules: finite.nullable().describe("joules of the processor packages per run, including the idle machine's"),
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
  energy: z.string().nullable().describe("the energy meter"),
  backends: z.array(z.strictObject({ name: z.string(), version: z.string(), device: z.string() })),
  date: z.string(),
  load: z.array(finite).describe("one-minute load average before and after the run"),
  hash: z.string().describe("hash of everything except commit, date and load: equal for equal machines and versions"),
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
  quick: z.boolean().describe("whether only the smallest cases were run, with few samples"),
  complete: z.boolean().describe("false if the run was interrupted"),
});

/** Reads a document of this version or of an earlier one. */
export function readBench(data: unknown): BenchDocument | undefined {
  return benchDocument.safeParse(ofThisVersion(data)).data;
}

/** Version 2 had less about what ran, version 1 also no processes, processor time and providers. */
function ofThisVersion(data: unknown): unknown {
  const old = data as { schema?: unknown; rows?: (Partial<Row> | null)[] } | null;
  if (!["cambium-bench/1", "cambium-bench/2"].includes(String(old?.schema)) || !Array.isArray(old?.rows)) return data;
  const rows = old.rows.map((row) => ({
    ...{ processes: [row?.turns?.length ?? 0], processor: null },
    ...row,
    engaged: { ...unknown, ...row?.engaged },
  }));
  return { ...old, schema: schemaName, rows };
}

/** What earlier versions did not say. */
const unknown = { half: [], replay: null, attention: null, features: [], providers: null };

/** Why `readBench` refuses data, in words. */
export function benchProblem(data: unknown): string {
  if (typeof data !== "object" || data === null) return "no object";
  const { schema } = data as { schema?: unknown };
  if (schema === undefined) return "an object without a schema";
  if (!/^cambium-bench\/[123]$/.test(String(schema))) return `the schema ${String(schema)}`;
  const [issue] = benchDocument.safeParse(ofThisVersion(data)).error?.issues ?? [];
  return issue ? `at ${issue.path.join(".")}: ${issue.message}` : "a result";
}

export type BenchDocument = z.infer<typeof benchDocument>;
export type Row = z.infer<typeof row>;
export type Failure = z.infer<typeof failure>;
export type Environment = z.infer<typeof environment>;

export function benchJsonSchema(): object {
  return z.toJSONSchema(benchDocument, { target: "draft-2020-12" });
}
