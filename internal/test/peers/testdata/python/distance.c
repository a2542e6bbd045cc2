#define PY_SSIZE_T_CLEAN
#include <Python.h>

static Py_ssize_t least(Py_ssize_t a, Py_ssize_t b, Py_ssize_t c) {
    Py_ssize_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many bytes of a text have to be put in, left out or changed to get the other. */
static PyObject *levenshtein(PyObject *self, PyObject *args) {
    const char *a, *b;
    Py_ssize_t n, m;
    if (!PyArg_ParseTuple(args, "s#s#", &a, &n, &b, &m)) return NULL;
    Py_ssize_t *row = PyMem_New(Py_ssize_t, m + 1);
    if (row == NULL) return PyErr_NoMemory();
    for (Py_ssize_t j = 0; j <= m; j++) row[j] = j;
    for (Py_ssize_t i = 1; i <= n; i++) {
        Py_ssize_t diagonal = row[0];
        row[0] = i;
        for (Py_ssize_t j = 1; j <= m; j++) {
            Py_ssize_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    PyObject *result = PyLong_FromSsize_t(row[m]);
    PyMem_Free(row);
    return result;
}

static PyMethodDef methods[] = {
    {"levenshtein", levenshtein, METH_VARARGS, "The edit distance of two texts."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "distance", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_distance(void) { return PyModule_Create(&module); }
