// File-system tools: atomic writes, locks, contained paths, readable errors, strict JSON; worker threads. Node only.
export {
  type AtomicOptions,
  recoverDirectory,
  replaceDirectory,
  replaceFile,
  writeFileAtomic,
} from "./atomic.js";
export { containedPath, isPlainName, readContainedText } from "./contained.js";
export { freeBytes, requireSpace } from "./disk-space.js";
export { errnoOf, mayBeWhole, toFileError, withFileErrors } from "./file-errors.js";
export { type FileState, sameState, settledState, stateOf } from "./file-state.js";
export { makeDirectory, sync, syncTree } from "./flush.js";
export { isJsonObject, type JsonObject, type JsonValue, parseJson, parsePythonJson, pythonJson } from "./json.js";
export { type ByteChunks, type Line, lines } from "./lines.js";
export { clearDeadLock, type LockRefusal, takeLock } from "./lock.js";
export { quote, ReasonList } from "./reasons.js";
export { removeStaleScratch } from "./scratch.js";
export { openFile, readTextFile, readTextFileIfThere, smallFileBytes } from "./text-file.js";
export { answerRequests } from "./threads/answerer.js";
export { ThreadCaller } from "./threads/caller.js";
export { ThreadPool } from "./threads/pool.js";
export { type WorkFolder, workFolder } from "./work-folder.js";
