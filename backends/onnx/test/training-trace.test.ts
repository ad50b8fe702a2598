// The golden training traces of PyTorch, on ONNX Runtime.
import { describeTrainingTrace } from "../../../packages/train/test/support/training-trace.js";
import backend from "../src/index.js";

describeTrainingTrace("onnx", () => backend.open());
