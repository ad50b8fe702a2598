// A token file that is written document by document, and continued after a kill.

import { rename } from "node:fs/promises";
import { join } from "node:path";
import { readTextFileIfThere, replaceFile, withFileErrors, workFolder, writeFileAtomic } from "@cambium/files";
import { z } from "zod";
import { type TokenFileInfo, TokenFileWriter, writtenSchema } from "./writer.js";

const schema = z.strictObject({ content: z.string(), position: z.int().nonnegative(), written: writtenSchema });

/**
 * Writes the token file `path` by calling `write` for each position below `count`, in order. What a call appends must
 * depend only on the position.
 * @param everySeconds seconds between saves, from which a killed call continues
 */
export async function writeKeptFile(
  path: string,
  info: TokenFileInfo,
  everySeconds: number,
  count: number,
  write: (writer: TokenFileWriter, position: number) => Promise<void>,
): Promise<void> {
  await withFileErrors(path, async () => {
    const folder = await workFolder(path);
    const [file, progress] = [join(folder.path, "tokens"), join(folder.path, "progress.json")];
    const left = parsed(await readTextFileIfThere(progress).catch(() => undefined));
    const from = left?.content === info.content ? left : undefined;
    let kept = from !== undefined;
    const opened = from && (await TokenFileWriter.kept(file, info, from.written).catch(() => undefined));
    const writer = opened ?? (await TokenFileWriter.kept(file, info));
    let position = opened && from ? from.position : 0;
    const save = async (): Promise<void> => {
      await writer.checkpoint();
      const point = { content: info.content, position, written: writer.written };
      await writeFileAtomic(progress, JSON.stringify(point));
      kept = true;
    };
    let saved = performance.now();
    try {
      for (; position < count; position++) {
        if (position % 64 === 0 && performance.now() - saved >= 1000 * everySeconds) {
          await save();
          saved = performance.now();
        }
        await write(writer, position);
      }
      await writer.finish();
    } catch (error) {
      await writer[Symbol.asyncDispose]();
      await (kept ? folder.leave() : folder.remove()).catch(() => undefined);
      throw error;
    }
    await writer[Symbol.asyncDispose]();
    await replaceFile(path, (scratch) => rename(file, scratch));
    await folder.remove();
  });
}

function parsed(text: string | undefined): z.infer<typeof schema> | undefined {
  try {
    return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
