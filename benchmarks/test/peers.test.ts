// The peers: each folder's peer.json is complete, and installed peers get the same results as Cambium.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { type Contestant, peerContestant } from "@cambium/bench/node";
import { expect, test } from "vitest";

const folder = new URL("../peers/", import.meta.url).pathname;
const root = new URL("../../", import.meta.url).pathname;
const names = readdirSync(folder).filter((name) => existsSync(`${folder}${name}/peer.json`));
const step = { layers: 1, hidden: 16, intermediate: 24, heads: 4, kvHeads: 2, vocab: 32, batch: 2, context: 8 };
/** Peers in pages have their own test. */
const pages = ["jax-js", "tfjs-webgpu", "cambium-page"];

/** Undefined if the peer is not installed; the error must then say how to install it. */
function installed(name: string): Contestant | undefined {
  try {
    return peerContestant(name, root);
  } catch (error) {
    expect(error).toMatchObject({ code: "E_PEER_MISSING", details: { hint: expect.stringMatching(/install/) } });
    return undefined;
  }
}

test.each(names.filter((name) => !pages.includes(name)))(
  "%s does a small case, or the error says how to install it",
  { timeout: 300_000 },
  (name) => {
    const peer = installed(name);
    if (!peer) return;
    const suite = peer.suites?.[0] ?? "";
    const own: Record<string, Record<string, number>> = {
      grow: { layers: 1, hidden: 64, vocab: 64 },
      generate: { ...step, prompt: 5, made: 3 },
    };
    const size = own[suite] ?? step;
    const [program, ...args] = peer.command;
    // tfjs-node's binding is built by `cambium setup`; for the test plain JavaScript is enough.
    const given = name === "tfjs" ? [...args.slice(0, -1), "cpu"] : args;
    const commands = [
      { cmd: "prepare", suite, case: { name: "small", size }, warmupSeconds: 0 },
      ...[{ cmd: "turn", count: 2 }, { cmd: "finish" }, { cmd: "exit" }],
    ];
    const { stdout, stderr } = spawnSync(program, given, {
      ...{ cwd: peer.project, encoding: "utf8" },
      input: commands.map((command) => `${JSON.stringify(command)}\n`).join(""),
    });
    const answers = stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
    expect(
      answers.flatMap(({ error }) => error ?? []),
      stderr,
    ).toEqual([]);
    const [ready, turn, finished] = answers;
    expect(ready.secondsPerRun).toBeGreaterThan(0);
    expect(turn.seconds).toHaveLength(2);
    expect(finished.parity).toMatchObject({ agrees: true });
  },
);

test("for a missing peer the error says where peers are", () => {
  expect(() => peerContestant("nobody", root)).toThrow(expect.objectContaining({ code: "E_PEER_MISSING" }));
});
