// The golden training trace on ONNX Runtime: 20 steps of AdamW as PyTorch takes them, for every fixture.
import { describeTrainingTrace } from "../../../packages/train/test/support/training-trace.js";
import backend from "../src/index.js";

describeTrainingTrace("ONNX Runtime", () => backend.open());
