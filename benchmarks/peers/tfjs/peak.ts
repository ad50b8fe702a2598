// Peak bytes of live tensors in tfjs: `tf.memory()` between steps would miss what a step needs.
import * as tf from "@tensorflow/tfjs-core";

interface Tracking {
  trackTensor(tensor: tf.Tensor, backend: tf.KernelBackend): void;
}

/** @returns a function that returns the peak since its last call, as `tf.memory().numBytes` counts */
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
