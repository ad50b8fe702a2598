// Threads that answer in order, fail, and end.
import { expect, onTestFinished, test } from "vitest";
import { ThreadCaller, ThreadPool } from "../src/index.js";

/** Doubles numbers; the other requests are what their names say. */
const script = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, workerData } from "node:worker_threads";
    parentPort.on("message", (request) => {
      if (request === "exit") process.exit(3);
      if (request === "throw") throw new Error("ouch");
      const error = { code: "E_TEST", message: "no", details: { got: "refuse" } };
      parentPort.postMessage(request === "refuse" ? { error } : { response: request * 2 + (workerData ?? 0) });
    });
  `)}`,
);

type Request = number | "exit" | "throw" | "refuse";
const lost = (cause: Error) => new Error(`lost: ${cause.message}`);

function caller(): ThreadCaller<Request, number> {
  const thread = new ThreadCaller<Request, number>({ script, does: "doubles", data: 1, lost });
  onTestFinished(() => thread.end());
  return thread;
}

function pool(threads: number): ThreadPool<Request, number> {
  const all = new ThreadPool<Request, number>(threads, { script, does: "doubles", lost });
  onTestFinished(() => all.end());
  return all;
}

test("a thread answers in order, and goes on after an error", async () => {
  const thread = caller();
  const answers = await Promise.allSettled([thread.ask(1), thread.ask("refuse"), thread.ask(2)]);
  expect(answers).toEqual([
    { status: "fulfilled", value: 3 },
    { status: "rejected", reason: expect.objectContaining({ code: "E_TEST", summary: "no" }) },
    { status: "fulfilled", value: 5 },
  ]);
  expect([thread.waiting, thread.lost]).toEqual([0, undefined]);
});

test.each([
  ["exit", "lost: the thread that doubles exited with code 3"],
  ["throw", "lost: ouch"],
] as const)("after %s everything asked fails", async (request, message) => {
  const thread = caller();
  const reasons = (await Promise.allSettled([thread.ask(request), thread.ask(1)])).map((one) => one.status);
  expect(reasons).toEqual(["rejected", "rejected"]);
  await expect(thread.ask(1)).rejects.toThrow(message);
});

test("a pool shares requests among its threads", async () => {
  const all = pool(2);
  const numbers = Array.from({ length: 20 }, (_, i) => i);
  expect(await Promise.all(numbers.map((n) => all.ask(n)))).toEqual(numbers.map((n) => 2 * n));
  await expect(all.ask("refuse")).rejects.toMatchObject({ code: "E_TEST" });
  expect(await all.ask(4)).toBe(8);
});

test("a pool that has lost a thread answers nothing more", async () => {
  const all = pool(2);
  const asked = [all.ask("exit"), all.ask("exit"), ...Array.from({ length: 10 }, () => all.ask(1))];
  const ends = await Promise.allSettled(asked);
  expect(ends.map(({ status }) => status)).toEqual(ends.map(() => "rejected"));
  await expect(all.ask(1)).rejects.toThrow("lost: the thread that doubles exited");
});
