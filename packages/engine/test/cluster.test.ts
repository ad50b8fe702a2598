// Job files, checked with Kubernetes' schemas, sbatch's options and the shell.
import { spawnSync } from "node:child_process";
import { Job } from "kubernetes-models/batch/v1";
import { Service } from "kubernetes-models/v1";
import { expect, test } from "vitest";
import { type ClusterLaunch, kubernetesObjects, shellLine, slurmScript, torchrunLaunch } from "../src/index.js";

const launch: ClusterLaunch = {
  name: "target-0a1b2c3d4e5f",
  command: ["python", "-m", "torch.distributed.run", "--rdzv-endpoint", "$MASTER_ADDR:29500", "/runs/my run/driver.py"],
  env: { OMP_NUM_THREADS: "4" },
  ...{ nodes: 2, processes: 8, accelerators: 8, folder: "/runs/one/engine" },
};
const request = { cpus: 64, time: "12:30:00", partition: "gpu" };

/** Options from sbatch's manual page. */
const sbatchOptions =
  /^(job-name|nodes|ntasks-per-node|cpus-per-task|gpus-per-node|partition|time|signal|open-mode|output|requeue)$/;

test("the script for Slurm is valid for the shell and has valid options", () => {
  const script = slurmScript(launch, request);
  const lines = script.split("\n");
  expect(lines[0]).toBe("#!/bin/bash");
  const options = lines.filter((line) => line.startsWith("#SBATCH "));
  for (const line of options) expect(/^#SBATCH --([a-z-]+)(=\S+)?$/.exec(line)?.[1]).toMatch(sbatchOptions);
  // sbatch reads options up to the first line that is neither empty nor a comment.
  expect(lines.slice(1, 1 + options.length)).toEqual(options);
  expect(script).toContain("#SBATCH --gpus-per-node=8\n");
  expect(spawnSync("bash", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  expect(slurmScript({ ...launch, accelerators: 0 }, request)).not.toContain("gpus");
  expect(slurmScript({ ...launch, folder: "/my runs" }, request)).toContain(
    '#SBATCH --output="/my runs/slurm-%j.log"\n',
  );
});

test("the objects for Kubernetes fit its schemas, and the Pods can find the first Pod", () => {
  const [service, job] = kubernetesObjects(launch, { ...request, image: "torch:2", claim: "runs", mount: "/runs" });
  expect(() => new Service(service as never).validate()).not.toThrow();
  expect(() => new Job(job as never).validate()).not.toThrow();
  const { metadata, spec } = job as InstanceType<typeof Job>;
  const size = { completions: 2, parallelism: 2, completionMode: "Indexed", activeDeadlineSeconds: 45_000 };
  expect(spec).toMatchObject(size);
  const pod = spec?.template?.spec;
  const name = metadata?.name ?? "";
  expect(pod?.subdomain).toBe(name);
  expect(pod?.containers[0]?.env).toContainEqual({ name: "MASTER_ADDR", value: `${name}-0.${name}` });
  expect(pod?.containers[0]?.resources?.limits).toEqual({ cpu: "64", "nvidia.com/gpu": "8" });
});

test("objects for stages with long names are told apart by the stage's id", () => {
  const names = ["0a1b2c3d4e5f", "1a1b2c3d4e5f"].map((id) => {
    const [service] = kubernetesObjects({ ...launch, name: `${"Long name_".repeat(6)}-${id}` }, request);
    expect(() => new Service(service as never).validate()).not.toThrow();
    return (service as InstanceType<typeof Service>).metadata?.name ?? "";
  });
  for (const name of names) expect(name).toMatch(/^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$/);
  expect(new Set(names).size).toBe(2);
});

test("words are quoted if the shell would split them, and variables stay", () => {
  expect(shellLine(["a b", "$MASTER_ADDR:1", "it's", "--x=1"])).toBe(`'a b' $MASTER_ADDR:1 'it'\\''s' --x=1`);
});

test("torchrun leaves a stage the time to save that the cluster leaves it", () => {
  const { env } = torchrunLaunch({ ...launch, python: "python", nproc: 8, args: [] });
  const [, job] = kubernetesObjects({ ...launch, env }, request);
  const pod = (job as InstanceType<typeof Job>).spec?.template?.spec;
  const seconds = env["TORCH_ELASTIC_SHUTDOWN_TIMEOUT"];
  expect(`${pod?.terminationGracePeriodSeconds}`).toBe(seconds);
  expect(slurmScript({ ...launch, env }, request)).toContain(`#SBATCH --signal=TERM@${seconds}\n`);
});
