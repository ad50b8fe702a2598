// The most bytes of tensors that tfjs had alive at once: `tf.memory()` between steps would miss what a step needs.
import * as tf from "@tensorflow/tfjs-core";

interface Tracking {
  trackTensor(tensor: tf.Tensor, backend: tf.KernelBackend): void;
}

/** @returns what gives the peak since it was last asked, as `tf.memory().numBytes` counts */
export function watchPeak(): () => number {
  const engine = tf.engine() as unknown as Tracking;
  const track = engine.trackTensor.bind(engine);
  let peak = 0;
  engine.trackTensor = (tensor, backend) => {
    track(tensor, backend);
    peak = Math.max(peak, tf.engine().state.numBytes);
  };
  return () => {
    const most = peak;
    peak = tf.engine().state.numBytes;
    return most;
  };
}
