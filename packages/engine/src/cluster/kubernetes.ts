// Kubernetes objects for a stage: an indexed Job with one Pod per machine, and a Service through which the Pods find
// the first Pod.
import { type ClusterLaunch, type ClusterRequest, meetingPort, savingSeconds, shellLine } from "./launch.js";

/** Pods that may fail before the job fails. Machines may go away; each new Pod continues from the last checkpoint. */
const tries = 6;

/** The Service and the Job, as plain data for YAML. */
export function kubernetesObjects(launch: ClusterLaunch, request: ClusterRequest): readonly object[] {
  const { env, nodes, accelerators } = launch;
  const { cpus, image = "IMAGE", claim = "CLAIM", mount = "/MOUNT" } = request;
  const name = objectName(`cambium-${launch.name}`);
  const labels = { "app.kubernetes.io/name": "cambium", "app.kubernetes.io/instance": name };
  const resources = { cpu: `${cpus}`, ...(accelerators > 0 && { "nvidia.com/gpu": `${accelerators}` }) };
  const [hours = 0, minutes = 0, seconds = 0] = request.time.split(":").map(Number);
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels },
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: labels,
      ports: [{ name: "meeting", port: meetingPort }],
    },
  };
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels },
    spec: {
      ...{ completions: nodes, parallelism: nodes, completionMode: "Indexed", backoffLimit: tries },
      activeDeadlineSeconds: hours * 3600 + minutes * 60 + seconds,
      template: {
        metadata: { labels },
        spec: {
          ...{ subdomain: name, restartPolicy: "Never", terminationGracePeriodSeconds: savingSeconds },
          containers: [
            {
              ...{ name: "stage", image, command: ["/bin/sh", "-c", `exec ${shellLine(launch.command)}`] },
              env: Object.entries({ MASTER_ADDR: `${name}-0.${name}`, ...env }).map(([key, value]) => ({
                name: key,
                value,
              })),
              resources: { limits: resources, requests: resources },
              volumeMounts: [
                { name: "run", mountPath: mount },
                { name: "memory", mountPath: "/dev/shm" },
              ],
            },
          ],
          volumes: [
            { name: "run", persistentVolumeClaim: { claimName: claim } },
            { name: "memory", emptyDir: { medium: "Memory" } },
          ],
        },
      },
    },
  };
  return [service, job];
}

/** A name that Kubernetes takes, of at most `most` characters: Pods append a number to it. Its end, the id, stays. */
function objectName(text: string, most = 52, end = 13): string {
  const name = text.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
  return name.length <= most ? name : `${name.slice(0, most - end)}${name.slice(-end)}`;
}
