// Finds the shortest x with y(x) = target for a network y, by Ipopt with exact derivatives from the files that
//
//     onnx-curvature augment f.onnx -o DIR/f.onnx --layout casadi
//
// writes: y from f.onnx, the Jacobian from adj_f.onnx, and the Hessian of the Lagrangian from fwd_adj_f.onnx.
//
//     solve DIR N TARGET...
//
// The network has one input x [N] and one output y of as many entries as there are targets, in double.

#include "ort.h"

#include <IpStdCInterface.h>
#include <string.h>

typedef struct
{
    OrtSession *primal, *adjoint, *second;
    OrtMemoryInfo *memory;
    int64_t n, m;
    const double *target;
    int iterations;
} Problem;

// ½ x·x.
static Bool objective(Index n, Number *x, Bool is_new, Number *value, UserDataPtr data)
{
    (void)is_new, (void)data;
    *value = 0;
    for (Index i = 0; i < n; i++)
        *value += 0.5 * x[i] * x[i];
    return TRUE;
}

static Bool objective_gradient(Index n, Number *x, Bool is_new, Number *gradient, UserDataPtr data)
{
    (void)is_new, (void)data;
    memcpy(gradient, x, (size_t)n * sizeof *x);
    return TRUE;
}

// y(x) - target.
static Bool constraints(Index n, Number *x, Bool is_new, Index m, Number *g, UserDataPtr data)
{
    (void)n, (void)is_new;
    Problem *p = data;
    OrtValue *input = tensor(p->memory, x, &p->n, 1);
    const char *names[] = {"x"};
    run(p->primal, names, (const OrtValue *const *)&input, 1, "y", g, m);
    ort->ReleaseValue(input);
    for (Index j = 0; j < m; j++)
        g[j] -= p->target[j];
    return TRUE;
}

// The Jacobian, row by row: m seeds that are the unit vectors give its transpose [n, m].
static Bool jacobian(Index n, Number *x, Bool is_new, Index m, Index entries, Index *rows, Index *columns, Number *values, UserDataPtr data)
{
    (void)is_new;
    if (values == NULL)
    {
        for (Index k = 0; k < entries; k++)
            rows[k] = k / n, columns[k] = k % n;
        return TRUE;
    }
    Problem *p = data;
    double *unit = calloc((size_t)(m * m), sizeof *unit), *transposed = malloc((size_t)entries * sizeof *transposed);
    for (Index j = 0; j < m; j++)
        unit[j * m + j] = 1;
    int64_t square[] = {m, m};
    OrtValue *inputs[] = {tensor(p->memory, x, &p->n, 1), tensor(p->memory, unit, square, 2)};
    const char *names[] = {"x", "adj_y"};
    run(p->adjoint, names, (const OrtValue *const *)inputs, 2, "adj_x", transposed, entries);
    for (Index k = 0; k < entries; k++)
        values[k] = transposed[k % n * m + k / n];
    ort->ReleaseValue(inputs[0]), ort->ReleaseValue(inputs[1]);
    free(unit), free(transposed);
    return TRUE;
}

// factor I + sum of lambda_j times the Hessian of y_j, its lower triangle: n seeds along x that are the unit vectors.
static Bool hessian(Index n, Number *x, Bool is_new, Number factor, Index m, Number *lambda, Bool is_new_lambda, Index entries, Index *rows,
    Index *columns, Number *values, UserDataPtr data)
{
    (void)is_new, (void)is_new_lambda, (void)entries;
    if (values == NULL)
    {
        for (Index i = 0, k = 0; i < n; i++)
            for (Index j = 0; j <= i; j++, k++)
                rows[k] = i, columns[k] = j;
        return TRUE;
    }
    Problem *p = data;
    double *unit = calloc((size_t)(n * n), sizeof *unit), *none = calloc((size_t)(m * n), sizeof *none);
    double *whole = malloc((size_t)(n * n) * sizeof *whole);
    for (Index i = 0; i < n; i++)
        unit[i * n + i] = 1;
    int64_t column[] = {m, 1}, along_x[] = {n, n}, along_y[] = {m, n};
    OrtValue *inputs[] = {tensor(p->memory, x, &p->n, 1), tensor(p->memory, lambda, column, 2), tensor(p->memory, unit, along_x, 2),
        tensor(p->memory, none, along_y, 2)};
    const char *names[] = {"x", "adj_y", "fwd_x", "fwd_adj_y"};
    run(p->second, names, (const OrtValue *const *)inputs, 4, "fwd_adj_x", whole, n * n);
    for (Index i = 0, k = 0; i < n; i++)
        for (Index j = 0; j <= i; j++, k++)
            values[k] = (i == j ? factor : 0) + whole[i * n + j];
    for (int k = 0; k < 4; k++)
        ort->ReleaseValue(inputs[k]);
    free(unit), free(none), free(whole);
    return TRUE;
}

static Bool count(Index mode, Index iterations, Number f, Number infeasible, Number dual, Number mu, Number step, Number size, Number a,
    Number b, Index trials, UserDataPtr data)
{
    (void)mode, (void)f, (void)infeasible, (void)dual, (void)mu, (void)step, (void)size, (void)a, (void)b, (void)trials;
    ((Problem *)data)->iterations = iterations;
    return TRUE;
}

int main(int arguments, char **words)
{
    if (arguments < 4)
    {
        fprintf(stderr, "solve DIR N TARGET...\n");
        return 2;
    }
    ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    Index n = atoi(words[2]), m = arguments - 3;
    double *target = malloc((size_t)m * sizeof *target);
    for (Index j = 0; j < m; j++)
        target[j] = atof(words[3 + j]);
    OrtEnv *env;
    OrtSessionOptions *options;
    Problem problem = {.n = n, .m = m, .target = target};
    check(ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "solve", &env));
    check(ort->CreateSessionOptions(&options));
    check(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &problem.memory));
    char path[4096];
    snprintf(path, sizeof path, "%s/f.onnx", words[1]);
    problem.primal = load(env, options, path);
    snprintf(path, sizeof path, "%s/adj_f.onnx", words[1]);
    problem.adjoint = load(env, options, path);
    snprintf(path, sizeof path, "%s/fwd_adj_f.onnx", words[1]);
    problem.second = load(env, options, path);

    double *x = malloc((size_t)n * sizeof *x), *low = malloc((size_t)n * sizeof *low), *high = malloc((size_t)n * sizeof *high);
    double *equal = calloc((size_t)m, sizeof *equal), *multipliers = malloc((size_t)m * sizeof *multipliers), value;
    for (Index i = 0; i < n; i++)
        x[i] = 0.1 * (i + 1), low[i] = -2e19, high[i] = 2e19;
    IpoptProblem solver = CreateIpoptProblem(n, low, high, m, equal, equal, n * m, n * (n + 1) / 2, 0, objective, constraints,
        objective_gradient, jacobian, hessian);
    AddIpoptIntOption(solver, "print_level", 0);
    AddIpoptStrOption(solver, "sb", "yes");
    AddIpoptNumOption(solver, "tol", 1e-10);
    SetIntermediateCallback(solver, count);
    enum ApplicationReturnStatus status = IpoptSolve(solver, x, NULL, &value, multipliers, NULL, NULL, &problem);
    printf("status %d after %d iterations, objective %.12f\nx", status, problem.iterations, value);
    for (Index i = 0; i < n; i++)
        printf(" %.15g", x[i]);
    printf("\nlambda");
    for (Index j = 0; j < m; j++)
        printf(" %.15g", multipliers[j]);
    printf("\n");
    FreeIpoptProblem(solver);
    return status == Solve_Succeeded ? 0 : 1;
}
