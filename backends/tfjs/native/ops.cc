// Cambium's own TensorFlow ops for the CPU: each takes whole what TensorFlow's ops compute in many passes. A module of
// Node: loading it after the binding of tfjs-node registers the ops with the TensorFlow of this process.
#include <malloc.h>
#include <node_api.h>

#include "attention.h"
#include "elementwise.h"
#include "loss.h"
#include "norm.h"
#include "optimizer.h"

namespace cambium {

/// An attribute for the dtype of a tensor.
#define TYPE(name) name ": {float, bfloat16}"

/// @returns whether all are registered; `status` says what is wrong.
bool registerOps(TF_Status* status) {
  return define<Add>("CambiumAdd", {TYPE("Ta"), TYPE("Tb"), TYPE("Ty")}, {"a: Ta", "b: Tb"}, {"y: Ty"}, status) &&
         define<Swiglu>("CambiumSwiglu", {TYPE("T"), TYPE("Ty")}, {"gate: T", "up: T"}, {"y: Ty"}, status) &&
         define<SwigluGrad>("CambiumSwigluGrad", {TYPE("T"), TYPE("Tg"), TYPE("Ty")},
                            {"gate: T", "up: T", "grad: Tg"}, {"gate_grad: Ty", "up_grad: Ty"}, status) &&
         define<Rope>("CambiumRope", {TYPE("T"), TYPE("Ty"), "heads: int", "sign: float"},
                      {"x: T", "cos: float", "sin: float"}, {"y: Ty"}, status) &&
         define<RmsInverse>("CambiumRmsInverse", {"eps: float"}, {"x: float"}, {"inverse: float"}, status) &&
         define<RmsNorm>("CambiumRmsNorm", {TYPE("Ty")}, {"x: float", "weight: float", "inverse: float"}, {"y: Ty"},
                         status) &&
         define<RmsNormGrad>("CambiumRmsNormGrad", {TYPE("Tg")},
                             {"x: float", "weight: float", "inverse: float", "grad: Tg"},
                             {"x_grad: float", "weight_grad: float"}, status) &&
         define<CrossEntropy>("CambiumCrossEntropy", {TYPE("T")}, {"logits: T", "targets: int32"},
                              {"losses: float", "log_sum_exp: float"}, status) &&
         define<CrossEntropyGrad>("CambiumCrossEntropyGrad", {TYPE("T"), TYPE("Ty")},
                                  {"logits: T", "targets: int32", "log_sum_exp: float", "scale: float"}, {"y: Ty"},
                                  status) &&
         define<Attention>("CambiumAttention", {TYPE("T"), TYPE("Ty"), "heads: int", "kvHeads: int"},
                           {"q: T", "k: T", "v: T"}, {"out: Ty", "log_sum_exp: float"}, status) &&
         define<AttentionGrad>("CambiumAttentionGrad", {TYPE("T"), TYPE("Ty"), "heads: int", "kvHeads: int"},
                               {"q: T", "k: T", "v: T", "out: T", "log_sum_exp: float", "grad: T"},
                               {"q_grad: Ty", "k_grad: Ty", "v_grad: Ty"}, status) &&
         define<SquareSum>("CambiumSquareSum", {TYPE("T")}, {"x: T"}, {"y: float"}, status) &&
         define<AdamW>("CambiumAdamW",
                       {TYPE("Tg"), "rest1: float", "rest2: float", "eps: float", "weightDecay: float",
                        "lrMultiplier: float", "guarded: int", "inPlace: int"},
                       {"param: float", "grad: Tg", "m: float", "v: float", "grad_scale: float", "lr: float",
                        "step: int32"},
                       {"next_param: float", "next_m: float", "next_v: float"}, status);
}

}  // namespace cambium

NAPI_MODULE_INIT() {
  // A step frees what the next one allocates. Given back to the system in between, each page would be faulted in again.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 2047 << 20);
  TF_Status* status = TF_NewStatus();
  if (!cambium::registerOps(status)) napi_throw_error(env, nullptr, TF_Message(status));
  TF_DeleteStatus(status);
  return exports;
}
