// Runs an augmented model by ONNX Runtime's C interface, and prints the norm of each output: run MODEL INPUT=FILE.npy ...

#include <onnxruntime_c_api.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64, HIGHEST_RANK = 16 };

static const OrtApi *ort;

static void fail(const char *what, const char *where)
{
    fprintf(stderr, "%s: %s\n", where, what);
    exit(1);
}

static void check(OrtStatus *status)
{
    if (status != NULL)
        fail(ort->GetErrorMessage(status), "ONNX Runtime");
}

// The tensor of a .npy file of format 1, of float32 or int64, in C order.
static OrtValue *load(OrtMemoryInfo *memory, const char *path)
{
    FILE *file = fopen(path, "rb");
    unsigned char start[10];
    if (file == NULL || fread(start, 1, sizeof start, file) != sizeof start || memcmp(start, "\x93NUMPY\x01", 7) != 0)
        fail("this is no .npy file of format 1", path);
    size_t length = start[8] + 256u * start[9];
    char *header = calloc(1, length + 1);
    if (fread(header, 1, length, file) != length || strstr(header, "'fortran_order': False") == NULL)
        fail("the file is cut off or in Fortran order", path);
    int integers = strstr(header, "'<i8'") != NULL;
    if (!integers && strstr(header, "'<f4'") == NULL)
        fail("only float32 and int64 are read here", path);
    int64_t shape[HIGHEST_RANK], count = 1;
    size_t rank = 0;
    for (char *at = strchr(strstr(header, "'shape'"), '(') + 1; *at != ')'; at += *at == ',' || *at == ' ')
        if (*at >= '0' && *at <= '9')
            count *= shape[rank++] = strtoll(at, &at, 10);
    size_t bytes = (size_t)count * (integers ? sizeof(int64_t) : sizeof(float));
    void *data = malloc(bytes);
    if (fread(data, 1, bytes, file) != bytes)
        fail("the file is cut off", path);
    fclose(file);
    free(header);
    OrtValue *value;
    check(ort->CreateTensorWithDataAsOrtValue(memory, data, bytes, shape, rank,
        integers ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value));
    return value;
}

int main(int arguments, char **words)
{
    if (arguments < 2 || arguments > MOST)
        fail("MODEL INPUT=FILE.npy ...", "run");
    ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    OrtEnv *env;
    OrtSessionOptions *options;
    OrtSession *session;
    OrtMemoryInfo *memory;
    OrtAllocator *allocator;
    check(ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "run", &env));
    check(ort->CreateSessionOptions(&options));
    check(ort->CreateSession(env, words[1], options, &session));
    check(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
    check(ort->GetAllocatorWithDefaultOptions(&allocator));

    const char *inputs[MOST];
    OrtValue *feeds[MOST], *results[MOST] = {0};
    size_t fed = 0, given;
    for (int word = 2; word < arguments; word++, fed++)
    {
        char *equals = strchr(words[word], '=');
        if (equals == NULL)
            fail("INPUT=FILE.npy is expected", words[word]);
        *equals = 0;
        inputs[fed] = words[word];
        feeds[fed] = load(memory, equals + 1);
    }
    check(ort->SessionGetOutputCount(session, &given));
    if (given > MOST)
        fail("the model has too many outputs", words[1]);
    char *outputs[MOST];
    for (size_t output = 0; output < given; output++)
        check(ort->SessionGetOutputName(session, output, allocator, &outputs[output]));
    check(ort->Run(session, NULL, inputs, (const OrtValue *const *)feeds, fed, (const char *const *)outputs, given, results));
    for (size_t output = 0; output < given; output++)
    {
        OrtTensorTypeAndShapeInfo *info;
        size_t count;
        float *data;
        check(ort->GetTensorTypeAndShape(results[output], &info));
        check(ort->GetTensorShapeElementCount(info, &count));
        check(ort->GetTensorMutableData(results[output], (void **)&data));
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += (double)data[i] * data[i];
        printf("%s norm %.6g\n", outputs[output], sqrt(sum));
        ort->ReleaseTensorTypeAndShapeInfo(info);
        ort->ReleaseValue(results[output]);
    }
    return 0;
}
