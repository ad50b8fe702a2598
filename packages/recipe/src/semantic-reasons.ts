// What a well-typed recipe can still get wrong. Each well-typed part is checked even if others are not, so that one
// reading names every mistake.
import { scheduleNames, schedules } from "@cambium/train";
import { z } from "zod";
import type { CorpusPart } from "./schema/data.js";
import { type Recipe, recipeSchema } from "./schema.js";
import type { Located } from "./schema-reasons.js";

/** Reasons against `value`, the raw recipe. */
export function semanticReasons(value: unknown): Located[] {
  const { data, model, growth, variants, train, evaluate } = wellTyped(value);
  return [
    ...(data ? dataReasons(data) : []),
    ...(model ? modelReasons(model) : []),
    ...(growth ? growthReasons(growth) : []),
    ...(growth && variants ? variantReasons(growth, variants) : []),
    ...(train ? rateReasons(train) : []),
    ...(growth && train ? timingReasons(growth, train) : []),
    ...(model && train ? stepReasons(model, train) : []),
    ...(evaluate ? taskReasons(evaluate) : []),
  ];
}

type Part = (typeof parts)[number];
const parts = ["data", "model", "growth", "variants", "train", "evaluate"] as const;

function wellTyped(value: unknown): { readonly [K in Part]?: Recipe[K] } {
  const given = z.record(z.string(), z.unknown()).safeParse(value).data ?? {};
  const typed = parts.flatMap((name) => {
    const { data } = recipeSchema.shape[name].safeParse(given[name]);
    return data === undefined ? [] : [[name, data] as const];
  });
  return Object.fromEntries(typed);
}

function dataReasons({ corpus, field, only, format, shuffle }: Recipe["data"]): Located[] {
  if (typeof corpus !== "string") return partReasons(corpus, { field, only, format }, shuffle);
  const embedded = !/[/\\.]/.test(corpus);
  const plain = embedded || format === "text" || (format === undefined && /\.(txt|text|md|markdown)$/i.test(corpus));
  const reason = (name: string, is: string): Located => {
    return { path: ["data", name], message: `"data.${name}" is set, but ${is}`, got: corpus, hint: "leave it out" };
  };
  return [
    ...(field !== undefined && plain ? [reason("field", "the corpus is plain text")] : []),
    ...(only !== undefined && plain ? [reason("only", "the corpus is plain text")] : []),
    ...(format !== undefined && embedded ? [reason("format", "the corpus is not a file")] : []),
  ];
}

function partReasons(
  parts: readonly CorpusPart[],
  whole: Readonly<Record<string, unknown>>,
  shuffle: boolean | undefined,
): Located[] {
  const idle = Object.entries(whole).filter(([, value]) => value !== undefined);
  const without = parts.flatMap(({ weight }, i) => (weight === undefined ? [i] : []));
  const path = (i: number) => ["data", "corpus", i, "weight"];
  return [
    ...idle.map(([name]) => ({
      path: ["data", name],
      message: `"data.${name}" is set, but the corpus is a list`,
      hint: "set it on the parts that it is meant for",
    })),
    ...(without.length < parts.length ? without : []).map((i) => ({
      path: path(i),
      message: "some parts have a weight, and this one has none",
      hint: "give every part one, or none",
    })),
    ...(shuffle === false && parts.length > 1
      ? [
          {
            path: ["data", "shuffle"],
            message: "parts are mixed by being shuffled",
            hint: "leave it out, or train on the parts one after the other as files of one folder",
          },
        ]
      : []),
  ];
}

function taskReasons({ tasks, data, limit }: Recipe["evaluate"]): Located[] {
  if (tasks.length > 0) {
    if (data !== undefined) return [];
    const expected = "the folder that holds the tasks' rows";
    return [{ path: ["evaluate", "data"], message: '"evaluate.data" is missing', expected, hint: "data: ./eval-data" }];
  }
  const idle = Object.entries({ data, limit }).filter(([, value]) => value !== undefined);
  return idle.map(([field]) => ({
    path: ["evaluate", field],
    message: `"evaluate.${field}" is set, but there are no tasks`,
    hint: "tasks: [arc_easy], or leave it out",
  }));
}

const sizes = ["layers", "hidden", "heads", "intermediate"] as const;

function modelReasons(model: Recipe["model"]): Located[] {
  if (model.from !== undefined) {
    const set = Object.entries(model).filter(
      ([field, value]) => value !== undefined && !["from", "family", "context"].includes(field),
    );
    return set.map(([field]) => ({
      path: ["model", field],
      message: `"model.${field}" is set, but the model comes from a checkpoint`,
      hint: "leave it out",
    }));
  }
  const expected = "sizes of the base model, or `from` with a checkpoint's directory";
  const missing = sizes.filter((field) => model[field] === undefined);
  return [
    ...missing.map((field) => ({ path: ["model"], message: `"model.${field}" is missing`, expected })),
    ...headReasons(model),
  ];
}

function headReasons({ hidden, heads, kvHeads, headDim }: Recipe["model"]): Located[] {
  const reasons: Located[] = [];
  const derived = hidden === undefined || heads === undefined ? undefined : hidden / heads;
  const width = headDim ?? derived;
  const field = headDim === undefined ? "heads" : "headDim";
  if (width !== undefined && !Number.isInteger(width)) {
    const expected = `a divisor of ${hidden}, or an explicit headDim`;
    reasons.push({ path: ["model", field], message: "hidden is not a multiple of heads", expected, got: `${heads}` });
  } else if (width !== undefined && width % 2 !== 0) {
    const message = "RoPE rotates pairs, so headDim must be even";
    reasons.push({ path: ["model", field], message, got: `${width}` });
  }
  if (heads !== undefined && kvHeads !== undefined && heads % kvHeads !== 0) {
    const message = "heads is not a multiple of kvHeads";
    reasons.push({ path: ["model", "kvHeads"], message, expected: `a divisor of ${heads}`, got: `${kvHeads}` });
  }
  return reasons;
}

function growthReasons(growth: Recipe["growth"]): Located[] {
  return growth.flatMap(({ factor, layers, schedule, warmup, rewind }, i) => {
    const reasons: Located[] = [];
    if (factor !== undefined && layers !== undefined) {
      const message = "a growth has both a factor and layers";
      reasons.push({ path: ["growth", i, "layers"], message, hint: "leave one of them out" });
    }
    if (schedule === "continue" && warmup !== undefined) {
      const message = "a schedule that continues unbroken has no warm-up at the growth";
      reasons.push({ path: ["growth", i, "warmup"], message, hint: "leave it out, or use schedule: rewarm" });
    }
    if ((schedule === "rewind") !== (rewind !== undefined)) {
      const message = "schedule: rewind and tokens to rewind to belong together";
      reasons.push({ path: ["growth", i, "rewind"], message, expected: "both, or neither" });
    }
    return reasons;
  });
}

function variantReasons(growth: Recipe["growth"], variants: Recipe["variants"]): Located[] {
  if (growth.length > 0 || variants.length === 0) return [];
  const message = "there are variants of a growth, and no growth";
  return [{ path: ["variants"], message, expected: "a growth whose operator they replace" }];
}

function rateReasons({ lr, minLr, schedule, warmup, tokens }: Recipe["train"]): Located[] {
  const { name, ...options } = schedule;
  const kind = schedules[name];
  const reasons: Located[] = [];
  if (minLr !== undefined && !kind.ends) {
    const message = `"train.minLr" is set, but the schedule is ${name}`;
    const falling = scheduleNames.filter((other) => schedules[other].ends).join(" or ");
    reasons.push({ path: ["train", "minLr"], message, hint: `leave it out, or use schedule: ${falling}` });
  } else if (minLr !== undefined && minLr > lr) {
    const [expected, message] = [`at most ${lr} (train.lr)`, "training would end above its peak rate"];
    reasons.push({ path: ["train", "minLr"], message, expected, got: `${minLr}` });
  }
  if (warmup > tokens) {
    const [expected, message] = [`at most ${tokens} tokens (train.tokens)`, "the warm-up takes longer than training"];
    reasons.push({ path: ["train", "warmup"], message, expected, got: `${warmup}` });
    return reasons;
  }
  const own = kind.reasons({ warmup, total: tokens }, options);
  const named = own.map(({ where = "", message, ...reason }) => {
    const path = ["train", "schedule", where.replace("options.", "")];
    return { path, ...reason, message: `"${path.join(".")}" is ${message}` };
  });
  return [...reasons, ...named];
}

function timingReasons(growth: Recipe["growth"], { tokens }: Recipe["train"]): Located[] {
  const paper = growth.findIndex(({ at }) => typeof at === "object" && "timing" in at);
  if (paper >= 0 && growth.length > 1) {
    const message = "the paper's timing is that of a single growth";
    return [{ path: ["growth", paper, "at"], message, got: `${growth.length} growths` }];
  }
  const before = growth.reduce((sum, { at }) => sum + (typeof at === "number" ? at : 0), 0);
  if (before < tokens) return [];
  const expected = `growths before ${tokens} tokens (train.tokens)`;
  return [
    { path: ["growth"], message: "the growth comes after training has ended", expected, got: `${before} tokens` },
  ];
}

function stepReasons({ context }: Recipe["model"], { batch, accumulation, tokens }: Recipe["train"]): Located[] {
  const step = context * batch * accumulation;
  if (step <= tokens) return [];
  const message = "one optimizer step reads more than all tokens";
  const expected = `at least ${step} (context · batch · accumulation)`;
  return [{ path: ["train", "tokens"], message, expected, got: `${tokens}` }];
}
