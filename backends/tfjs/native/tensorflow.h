// The part of TensorFlow's C API for kernels that is used here, and thin wrappers. The functions are declared and not
// included: kernels.h and ops.h pull in headers that a libtensorflow does not bring.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "tensorflow/c/c_api.h"

extern "C" {
typedef struct TF_OpDefinitionBuilder TF_OpDefinitionBuilder;
typedef struct TF_ShapeInferenceContext TF_ShapeInferenceContext;
typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_OpKernelContext TF_OpKernelContext;
TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char* name);
void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder*, const char* spec);
void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder*, const char* spec);
void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder*, const char* spec);
void TF_OpDefinitionBuilderSetShapeInferenceFunction(TF_OpDefinitionBuilder*,
                                                     void (*)(TF_ShapeInferenceContext*, TF_Status*));
void TF_ShapeInferenceContextSetUnknownShape(TF_ShapeInferenceContext*, TF_Status*);
void TF_RegisterOpDefinition(TF_OpDefinitionBuilder*, TF_Status*);
TF_KernelBuilder* TF_NewKernelBuilder(const char* op, const char* device, void* (*create)(TF_OpKernelConstruction*),
                                      void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder*, TF_Status*);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction*, const char* name, float*, TF_Status*);
void TF_OpKernelConstruction_GetAttrInt32(TF_OpKernelConstruction*, const char* name, int32_t*, TF_Status*);
void TF_GetInput(TF_OpKernelContext*, int i, TF_Tensor**, TF_Status*);
TF_DataType TF_ExpectedOutputDataType(TF_OpKernelContext*, int i);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int i, TF_DataType, const int64_t* dims, int rank, size_t bytes,
                             TF_Status*);
void TF_SetOutput(TF_OpKernelContext*, int i, const TF_Tensor*, TF_Status*);
void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status*);
}

namespace cambium {

typedef std::vector<int64_t> Shape;

inline int64_t count(const Shape& shape) {
  int64_t n = 1;
  for (int64_t size : shape) n *= size;
  return n;
}

/// Attributes of an op, read when its kernel is made.
class Attrs {
 public:
  explicit Attrs(TF_OpKernelConstruction* construction) : construction_(construction), status_(TF_NewStatus()) {}
  ~Attrs() { TF_DeleteStatus(status_); }
  float real(const char* name) const {
    float value = 0;
    TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
    return value;
  }
  int whole(const char* name) const {
    int32_t value = 0;
    TF_OpKernelConstruction_GetAttrInt32(construction_, name, &value, status_);
    return value;
  }

 private:
  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

struct Input {
  TF_DataType type;
  Shape shape;
  const void* data;
  template <class T>
  const T* as() const {
    return static_cast<const T*>(data);
  }
};

/// One call of a kernel: inputs and outputs, released at its end.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    for (TF_Tensor* tensor : held_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }
  Input input(int i) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, i, &tensor, status_);
    held_.push_back(tensor);
    Shape shape(TF_NumDims(tensor));
    for (size_t axis = 0; axis < shape.size(); axis++) shape[axis] = TF_Dim(tensor, static_cast<int>(axis));
    return {TF_TensorType(tensor), shape, TF_TensorData(tensor)};
  }
  /// Output `i` in the memory of input `from`, which the caller owns alone. @returns null if that fails.
  void* forward(int i, int from) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, from, &tensor, status_);
    held_.push_back(tensor);
    TF_SetOutput(context_, i, tensor, status_);
    if (TF_GetCode(status_) == TF_OK) return TF_TensorData(tensor);
    TF_OpKernelContext_Failure(context_, status_);
    return nullptr;
  }
  TF_DataType outputType(int i) const { return TF_ExpectedOutputDataType(context_, i); }
  /// @returns null if there is no memory, which the op then reports.
  void* output(int i, const Shape& shape) {
    const TF_DataType type = outputType(i);
    TF_Tensor* tensor = TF_AllocateOutput(context_, i, type, shape.data(), static_cast<int>(shape.size()),
                                          count(shape) * TF_DataTypeSize(type), status_);
    if (TF_GetCode(status_) != TF_OK || tensor == nullptr) {
      TF_OpKernelContext_Failure(context_, status_);
      return nullptr;
    }
    held_.push_back(tensor);
    return TF_TensorData(tensor);
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> held_;
};

/// Registers an op and its kernel. `K` is made from `Attrs` and has `void run(Call&)`. @returns null, or what failed.
template <class K>
bool define(const char* name, std::initializer_list<const char*> attrs, std::initializer_list<const char*> inputs,
            std::initializer_list<const char*> outputs, TF_Status* status) {
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
  for (const char* spec : attrs) TF_OpDefinitionBuilderAddAttr(op, spec);
  for (const char* spec : inputs) TF_OpDefinitionBuilderAddInput(op, spec);
  for (const char* spec : outputs) TF_OpDefinitionBuilderAddOutput(op, spec);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, &TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(op, status);
  if (TF_GetCode(status) != TF_OK) return false;
  TF_KernelBuilder* kernel = TF_NewKernelBuilder(
      name, "CPU", [](TF_OpKernelConstruction* construction) -> void* { return new K(Attrs(construction)); },
      [](void* kernel, TF_OpKernelContext* context) {
        Call call(context);
        static_cast<K*>(kernel)->run(call);
      },
      [](void* kernel) { delete static_cast<K*>(kernel); });
  TF_RegisterKernelBuilder(name, kernel, status);
  return TF_GetCode(status) == TF_OK;
}

}  // namespace cambium
