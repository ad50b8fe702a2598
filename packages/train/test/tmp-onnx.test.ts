import backend from "../../../backends/onnx/src/index.js";
import { describeTrainingTrace } from "./support/training-trace.js";
describeTrainingTrace("onnx", () => backend.open());
