// The golden training traces on ONNX Runtime: 20 steps of AdamW as PyTorch takes them, for every fixture, and steps in mixed
// precision, where f16 is held as f32.
import { describeMixedTrace } from "../../../packages/train/test/support/reference-trace.js";
import { describeTrainingTrace } from "../../../packages/train/test/support/training-trace.js";
import backend from "../src/index.js";

describeTrainingTrace("ONNX Runtime", () => backend.open());
describeMixedTrace("ONNX Runtime", () => backend.open());
