// Translates the operating system's file errors into errors that a user can act on.
import { CambiumError } from "@cambium/ir";

interface Meaning {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const DISK_FULL: Meaning = {
  code: "E_DISK_FULL",
  message: "the disk is full",
  hint: "free some space, or write somewhere else; what was there before is untouched",
};
const PERMISSION: Meaning = {
  code: "E_PERMISSION",
  message: "not permitted",
  hint: "check the owner and mode of this path and of the folder it is in",
};
/** What has no code of its own. */
const io = (message: string, hint: string): Meaning => ({ code: "E_IO", message, hint });
const GONE = io("the file system is not there any more", "mount or connect it again, then repeat the command");
const IN_USE = io("another program is using this", "close it, then repeat the command");
const OPEN_FILES: Meaning = { code: "E_OPEN_FILES", message: "too many open files", hint: "raise `ulimit -n`" };

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: DISK_FULL,
  EDQUOT: { ...DISK_FULL, message: "the disk quota is used up" },
  EROFS: {
    code: "E_READ_ONLY",
    message: "the file system is read-only",
    hint: "write somewhere else, or mount it writable; nothing was changed",
  },
  EACCES: PERMISSION,
  EPERM: PERMISSION,
  ENOENT: { code: "E_NOT_FOUND", message: "no such file or folder" },
  ENOTDIR: { code: "E_NOT_FOUND", message: "a part of this path is not a folder" },
  EISDIR: { code: "E_NOT_A_FILE", message: "this is a folder, not a file" },
  EEXIST: { code: "E_EXISTS", message: "something exists here already" },
  ENOTEMPTY: { code: "E_EXISTS", message: "the folder is not empty" },
  EMFILE: OPEN_FILES,
  ENFILE: OPEN_FILES,
  EFBIG: io(
    "the file would be larger than allowed",
    "raise `ulimit -f`, or write to a file system that takes larger files",
  ),
  EIO: io("the disk or network failed to read or write", "see the system's log (dmesg); copy what can still be read"),
  ESTALE: GONE,
  ENOTCONN: GONE,
  ENODEV: GONE,
  ENXIO: { code: "E_NOT_A_FILE", message: "this is a socket or a device, not a file" },
  ENAMETOOLONG: io("a name or path is too long for the file system", "choose a shorter one"),
  ELOOP: io("links in this path lead around in a circle", "remove or correct the link"),
  EBUSY: IN_USE,
  ETXTBSY: IN_USE,
  ENOTSUP: io("the file system cannot do this", "write to a local file system"),
  EXDEV: io("this is on another file system", "choose a path on the same one"),
};

/** The `errno` name of an error of `node:fs`; undefined for other errors. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The space that a write needed and found, for `E_DISK_FULL`. */
export interface SpaceNeed {
  readonly neededBytes?: number | undefined;
  readonly freeBytes?: number | undefined;
}

/**
 * `cause` as a `CambiumError` naming `path` (`E_DISK_FULL`, `E_READ_ONLY`, `E_PERMISSION`, `E_NOT_FOUND`,
 * `E_NOT_A_FILE`, `E_EXISTS`, `E_OPEN_FILES`, else `E_IO`). Anything that is not a file error is returned unchanged.
 */
export function toFileError(cause: unknown, path: string, space: SpaceNeed = {}): unknown {
  const errno = errnoOf(cause);
  if (errno === undefined || cause instanceof CambiumError) return cause;
  const { code, message, hint } = MEANINGS[errno] ?? { code: "E_IO", message: `input or output failed (${errno})` };
  const { neededBytes, freeBytes } = space;
  return new CambiumError(code, message, {
    where: path,
    ...(code === "E_DISK_FULL" && neededBytes !== undefined ? { expected: `${neededBytes} bytes free` } : {}),
    ...(code === "E_DISK_FULL" && freeBytes !== undefined ? { got: `${freeBytes} bytes free` } : {}),
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/** Whether what could not be read may be whole all the same: then making it again would only lose work. */
export function mayBeWhole({ code }: CambiumError): boolean {
  return code === PERMISSION.code || code === OPEN_FILES.code;
}

/** Runs `work`, turning file errors into `CambiumError`s that name `path`. */
export async function withFileErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFileError(error, path);
  }
}
