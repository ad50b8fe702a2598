// The backend through the conformance suite: every op against the reference, the contract, a training trace.
import { describeBackend } from "@cambium/backend/conformance";
import backend from "../src/index.js";

describeBackend(backend);
