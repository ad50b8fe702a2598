// The built-in backends pass the conformance suite; the null backend the parts that need no numbers.

import { describeBackend } from "../src/conformance/index.js";
import { nullBackend, referenceBackend } from "../src/index.js";

describeBackend(referenceBackend);
describeBackend(nullBackend, { parts: ["contract"] });
