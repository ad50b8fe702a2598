// Random model configurations, small enough for the reference evaluator.
import fc from "fast-check";
import {
  type DecoderConfig,
  llama,
  type ModelSpec,
  mistral,
  modelSpec,
  qwen2,
  qwen3,
  type RopeScaling,
} from "../../src/index.js";

const scaling: fc.Arbitrary<RopeScaling | null> = fc.oneof(
  fc.constant(null),
  fc.record({ type: fc.constant("linear" as const), factor: fc.double({ min: 1, max: 8, noNaN: true }) }),
  fc.record({
    type: fc.constant("llama3" as const),
    factor: fc.double({ min: 1, max: 8, noNaN: true }),
    lowFreqFactor: fc.double({ min: 0.5, max: 2, noNaN: true }),
    highFreqFactor: fc.double({ min: 2.5, max: 8, noNaN: true }),
    originalContextLength: fc.integer({ min: 4, max: 64 }),
  }),
);

const tokenId = fc.integer({ min: 0, max: 10 });

/** Hidden size and heads · headDim are drawn apart: they need not be equal. */
export const configs: fc.Arbitrary<ModelSpec<DecoderConfig>> = fc
  .record({
    vocab: fc.integer({ min: 11, max: 23 }),
    hidden: fc.integer({ min: 4, max: 12 }),
    intermediate: fc.integer({ min: 1, max: 12 }),
    layers: fc.integer({ min: 1, max: 3 }),
    kvHeads: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 3 }),
    headDim: fc.integer({ min: 1, max: 3 }).map((half) => 2 * half),
    contextLength: fc.integer({ min: 12, max: 40 }),
    ropeTheta: fc.double({ min: 100, max: 500000, noNaN: true }),
    ropeScaling: scaling,
    rmsNormEps: fc.double({ min: 1e-6, max: 1e-2, noNaN: true }),
    tied: fc.boolean(),
    initializerRange: fc.double({ min: 0.2, max: 0.5, noNaN: true }),
    bosTokenId: fc.option(tokenId, { nil: undefined }),
    eosTokenId: fc.option(fc.oneof(tokenId, fc.array(tokenId, { maxLength: 3 })), { nil: undefined }),
  })
  .chain(({ group, ...rest }) =>
    fc
      .constantFrom(llama, mistral, qwen2, qwen3)
      .map((family) => modelSpec(family, { ...rest, heads: rest.kvHeads * group })),
  );
