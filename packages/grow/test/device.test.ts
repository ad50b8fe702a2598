// Growth where the state is: on the reference device, and from trainer to trainer.
import { referenceBackend } from "@cambium/backend";
import { describeGrowth } from "../src/conformance/index.js";

describeGrowth(referenceBackend);
