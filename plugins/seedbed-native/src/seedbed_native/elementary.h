/* `log`, `exp` and `power` with the same bits on every machine. */
#ifndef SEEDBED_ELEMENTARY_H
#define SEEDBED_ELEMENTARY_H

#include <stddef.h>

enum seedbed_function { SEEDBED_LOG, SEEDBED_EXP, SEEDBED_POWER };

/* Writes the function's values at `x`, and at `y` for the power; `out` may be neither. Tables have 512 rows. */
void seedbed_elementary(enum seedbed_function, const double *x, const double *y, double *out, size_t count,
                        const double *log_table, const double *exp_table);

#endif
