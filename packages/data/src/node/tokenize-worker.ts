// A tokenizing thread: texts in, ids out.
import { workerData } from "node:worker_threads";
import { answerRequests } from "@cambium/files";
import type { PortableTokenizer } from "../tokenizer/tokenizer.js";
import { openTokenizer } from "./open-tokenizer.js";
import { encodeAll, type NamedText } from "./prepare/encoded.js";

const opened = openTokenizer(workerData as PortableTokenizer);
// Whoever asks is told.
opened.catch(() => undefined);

answerRequests(
  async (texts: readonly NamedText[]) => encodeAll(await opened, texts),
  ({ ids }) => [ids.buffer as ArrayBuffer],
);
