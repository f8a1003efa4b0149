// Tensors of double in and out of ONNX Runtime, by its C API.
#ifndef ORT_H
#define ORT_H

#include <onnxruntime_c_api.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static const OrtApi *ort;

// Ends the program with what ONNX Runtime says.
static void check(OrtStatus *status)
{
    if (status == NULL)
        return;
    fprintf(stderr, "%s\n", ort->GetErrorMessage(status));
    exit(1);
}

static OrtSession *load(OrtEnv *env, OrtSessionOptions *options, const char *path)
{
    OrtSession *session;
    check(ort->CreateSession(env, path, options, &session));
    return session;
}

// A tensor of rank `rank` that uses `data` as it lies there, row by row.
static OrtValue *tensor(OrtMemoryInfo *memory, double *data, const int64_t *shape, size_t rank)
{
    int64_t count = 1;
    for (size_t axis = 0; axis < rank; axis++)
        count *= shape[axis];
    OrtValue *value;
    check(ort->CreateTensorWithDataAsOrtValue(
        memory, data, (size_t)count * sizeof(double), shape, rank, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, &value));
    return value;
}

// Runs a session and copies `count` elements of its one output that is asked for.
static void run(OrtSession *session, const char *const *names, const OrtValue *const *values, size_t inputs, const char *output,
    double *result, int64_t count)
{
    OrtValue *value = NULL;
    check(ort->Run(session, NULL, names, values, inputs, &output, 1, &value));
    double *data;
    check(ort->GetTensorMutableData(value, (void **)&data));
    for (int64_t i = 0; i < count; i++)
        result[i] = data[i];
    ort->ReleaseValue(value);
}

#endif
