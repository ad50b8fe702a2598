// The golden training traces on WebGPU: twenty steps as PyTorch takes them, fifty as the reference does.
import { useSwiftShader } from "@cambium/browser";
import { describeReferenceTrace } from "../../../packages/train/test/support/reference-trace.js";
import { describeTrainingTrace } from "../../../packages/train/test/support/training-trace.js";
import backend from "../src/index.js";

await useSwiftShader();
describeTrainingTrace("WebGPU", () => backend.open());
describeReferenceTrace("WebGPU", () => backend.open());
