// The training trace on the reference backend.
import { referenceBackend } from "@cambium/backend";
import { describeTrainingTrace } from "./support/training-trace.js";

describeTrainingTrace("the reference backend", () => referenceBackend.open());
