/* The Python module `_native`: draws into a buffer, with the interpreter's lock released. */
/* The build defines Py_LIMITED_API, but for free-threaded Pythons, which have none. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "cpu.h"
#include "draw.h"
#include "elementary.h"

enum { LAW, LINES, COSINE, SINE, FINE, FAR_TABLE, LOG, CIRCLE, TABLES };

/* Sizes that a table must have at least, in doubles; of those that a law has no use for, nothing is read. */
static const Py_ssize_t SIZES[TABLES] = {0, 2 * 32768, 2 * 16384, 2 * 16384, 9 * 4225, 9 * 320, 3 * 512, 2 * 256};

static const seedbed_kernels KERNELS[] = {
    [SEEDBED_CPU_PLAIN] = {seedbed_singles_plain, seedbed_doubles_plain},
#ifdef SEEDBED_HAS_AVX2
    [SEEDBED_CPU_AVX2] = {seedbed_singles_avx2, seedbed_doubles_avx2},
#endif
#ifdef SEEDBED_HAS_NEON
    [SEEDBED_CPU_NEON] = {seedbed_singles_neon, seedbed_doubles_neon},
#endif
};

enum { SETS = sizeof KERNELS / sizeof *KERNELS };

static const char *const NAMES[] = {"plain", "avx2", "neon"};

static int read_axis(PyObject *tuple, Py_ssize_t axis, uint64_t *value)
{
    PyObject *item = PyTuple_GetItem(tuple, axis);
    if (!item)
        return 0;
    *value = PyLong_AsUnsignedLongLong(item);
    return !(*value == (uint64_t)-1 && PyErr_Occurred());
}

static int read_axes(PyObject *counts, PyObject *strides, seedbed_region *region)
{
    const Py_ssize_t axes = PyTuple_Size(counts);
    if (axes < 0 || PyTuple_Size(strides) != axes || axes > SEEDBED_MOST_AXES) {
        PyErr_SetString(PyExc_ValueError, "counts and strides must be tuples of one length, of at most 64");
        return 0;
    }
    region->axes = (int)axes;
    for (Py_ssize_t axis = 0; axis < axes; ++axis)
        if (!read_axis(counts, axis, &region->counts[axis]) || !read_axis(strides, axis, &region->strides[axis]))
            return 0;
    for (Py_ssize_t axis = 0; axis < axes; ++axis)
        if (!region->counts[axis]) {
            PyErr_SetString(PyExc_ValueError, "counts must be at least 1");
            return 0;
        }
    return 1;
}

/* The tables a law reads must be there, or a wrong call would read anything. */
static const char *missing(const seedbed_law *law, const Py_buffer *buffers)
{
    static const unsigned char needs[5][TABLES] = {
        [SEEDBED_UNIFORM] = {1, 0, 0, 0, 0, 0, 0, 0},   [SEEDBED_LINES] = {1, 1, 0, 0, 0, 0, 0, 0},
        [SEEDBED_DISC] = {1, 1, 1, 1, 0, 0, 0, 0},      [SEEDBED_QUANTILE] = {1, 0, 0, 0, 1, 1, 1, 0},
        [SEEDBED_FINE_DISC] = {1, 0, 0, 0, 0, 0, 1, 1},
    };
    if (law->kind < SEEDBED_UNIFORM || law->kind > SEEDBED_FINE_DISC)
        return "unknown kind";
    if (law->format < SEEDBED_FLOAT16 || law->format > SEEDBED_FLOAT64 || law->parts < 1 || law->parts > 2)
        return "unknown format";
    const int is_double = law->format == SEEDBED_FLOAT64;
    if (law->kind != SEEDBED_UNIFORM && is_double != (law->kind >= SEEDBED_QUANTILE))
        return "kind and format do not go together";
    if ((law->kind == SEEDBED_DISC || law->kind == SEEDBED_FINE_DISC) && law->parts != 2)
        return "a disc has values of two parts";
    if (law->flags & SEEDBED_ODD && law->kind != SEEDBED_LINES)
        return "lines alone may be odd";
    for (int table = LINES; table < TABLES; ++table) {
        Py_ssize_t size = SIZES[table];
        if (table == LINES && !(law->flags & SEEDBED_ODD))
            size *= 2;
        if (!needs[law->kind][table])
            continue;
        if (buffers[table].len < size * (Py_ssize_t)sizeof(double))
            return "a table is too short";
        if ((uintptr_t)buffers[table].buf % sizeof(double))
            return "a table is not aligned";
    }
    return NULL;
}

PyDoc_STRVAR(draw_doc, "draw(cpu, tables, out, key_low, key_high, base, run, step, counts, strides, first, last)\n--\n\n"
                       "Write elements first to last - 1 of a region, in its order, into out.\n\n"
                       "`tables` is a tuple of buffers: the law's bytes and seven tables.");

static PyObject *draw(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    int cpu;
    PyObject *tables, *counts, *strides;
    Py_buffer out, buffers[TABLES];
    unsigned long long key_low, key_high, base, run, step, first, last;
    seedbed_region region;
    if (!PyArg_ParseTuple(arguments, "iO!w*KKKKKO!O!KK:draw", &cpu, &PyTuple_Type, &tables, &out, &key_low, &key_high,
                          &base, &run, &step, &PyTuple_Type, &counts, &PyTuple_Type, &strides, &first, &last))
        return NULL;
    int held = 0, is_drawn = 0;
    const char *wrong = NULL;
    if (cpu < 0 || cpu >= SETS || !KERNELS[cpu].singles || !seedbed_cpu_has(cpu))
        wrong = "this build or machine has no such set of instructions";
    else if (PyTuple_Size(tables) != TABLES)
        wrong = "tables must be eight buffers";
    else if (!read_axes(counts, strides, &region))
        goto end;
    if (wrong)
        goto end;
    for (; held < TABLES; ++held) {
        PyObject *table = PyTuple_GetItem(tables, held);
        if (!table || PyObject_GetBuffer(table, &buffers[held], PyBUF_SIMPLE) < 0)
            goto end;
    }
    seedbed_law law;
    if (buffers[LAW].len != (Py_ssize_t)sizeof law) {
        wrong = "a law has another size";
        goto end;
    }
    memcpy(&law, buffers[LAW].buf, sizeof law);
    wrong = missing(&law, buffers);
    const uint64_t size = law.format == SEEDBED_FLOAT64 ? 8 : law.format == SEEDBED_FLOAT32 ? 4 : 2;
    const uint64_t length = (uint64_t)out.len, element = size * (uint64_t)law.parts;
    if (!wrong && (last < first || !run || !step || length % element || length / element != last - first))
        wrong = "out must have as many elements as are drawn";
    if (!wrong && (uintptr_t)out.buf % size)
        wrong = "out must be aligned";
    if (wrong)
        goto end;
    region.key[0] = key_low, region.key[1] = key_high;
    region.base = base, region.run = run, region.step = step;
    const seedbed_tables places = {buffers[LINES].buf, buffers[COSINE].buf,    buffers[SINE].buf,  buffers[FINE].buf,
                                   buffers[FAR_TABLE].buf, buffers[LOG].buf, buffers[CIRCLE].buf};
    seedbed_draw *const with = law.format == SEEDBED_FLOAT64 ? KERNELS[cpu].doubles : KERNELS[cpu].singles;
    Py_BEGIN_ALLOW_THREADS
    with(&law, &places, &region, first, last, out.buf);
    Py_END_ALLOW_THREADS
    is_drawn = 1;
end:
    while (held--)
        PyBuffer_Release(&buffers[held]);
    PyBuffer_Release(&out);
    if (wrong)
        PyErr_SetString(PyExc_ValueError, wrong);
    if (!is_drawn)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(elementary_doc,
             "elementary(function, x, y, out, log_table, exp_table)\n--\n\n"
             "Write log (0) or exp (1) of the doubles x, or x to the power of y (2), into out.\n\n"
             "`y` has the size of x; the other functions do not read it.");

static PyObject *elementary(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    enum { X, Y, OUT, LOG_TABLE, EXP_TABLE, BUFFERS };
    int function;
    Py_buffer buffers[BUFFERS];
    if (!PyArg_ParseTuple(arguments, "iy*y*w*y*y*:elementary", &function, &buffers[X], &buffers[Y], &buffers[OUT],
                          &buffers[LOG_TABLE], &buffers[EXP_TABLE]))
        return NULL;
    const Py_ssize_t size = buffers[X].len, width = (Py_ssize_t)sizeof(double);
    int is_aligned = 1;
    for (int k = 0; k < BUFFERS; ++k)
        is_aligned = is_aligned && (uintptr_t)buffers[k].buf % sizeof(double) == 0;
    const int is_right = function >= SEEDBED_LOG && function <= SEEDBED_POWER && is_aligned && size % width == 0 &&
                         buffers[OUT].len == size && (function != SEEDBED_POWER || buffers[Y].len == size) &&
                         buffers[LOG_TABLE].len >= 3 * 512 * width && buffers[EXP_TABLE].len >= 2 * 512 * width;
    if (is_right) {
        Py_BEGIN_ALLOW_THREADS
        seedbed_elementary((enum seedbed_function)function, buffers[X].buf, buffers[Y].buf, buffers[OUT].buf,
                           (size_t)(size / width), buffers[LOG_TABLE].buf, buffers[EXP_TABLE].buf);
        Py_END_ALLOW_THREADS
    }
    for (int k = 0; k < BUFFERS; ++k)
        PyBuffer_Release(&buffers[k]);
    if (!is_right) {
        PyErr_SetString(PyExc_ValueError, "x, y and out must be as many aligned doubles, and tables whole");
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(instructions_doc, "instructions()\n--\n\nReturn what this machine can run of this build, the best last: "
                               "numbers and names.");

static PyObject *instructions(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(arguments))
{
    PyObject *found = PyList_New(0);
    for (int cpu = 0; found && cpu < SETS; ++cpu) {
        if (!KERNELS[cpu].singles || !seedbed_cpu_has(cpu))
            continue;
        PyObject *pair = Py_BuildValue("(is)", cpu, NAMES[cpu]);
        if (!pair || PyList_Append(found, pair) < 0)
            Py_CLEAR(found);
        Py_XDECREF(pair);
    }
    return found;
}

PyDoc_STRVAR(advise_doc, "advise(out)\n--\n\nAsk the system for large pages for memory that nothing has touched yet.");

static PyObject *advise(PyObject *Py_UNUSED(module), PyObject *out)
{
    Py_buffer buffer;
    if (PyObject_GetBuffer(out, &buffer, PyBUF_WRITABLE) < 0)
        return NULL;
    seedbed_ask_for_large_pages(buffer.buf, (size_t)buffer.len);
    PyBuffer_Release(&buffer);
    Py_RETURN_NONE;
}

static PyMethodDef METHODS[] = {
    {"draw", draw, METH_VARARGS, draw_doc},
    {"elementary", elementary, METH_VARARGS, elementary_doc},
    {"instructions", instructions, METH_NOARGS, instructions_doc},
    {"advise", advise, METH_O, advise_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot SLOTS[] = {
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, .m_name = "_native", .m_methods = METHODS, .m_slots = SLOTS,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&MODULE);
}
