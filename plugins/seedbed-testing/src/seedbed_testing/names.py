"""All public names of the kit; `seedbed_testing` hands them out when the first of them is asked for."""

from seedbed_testing.adapter_cases import ADAPTER_CASES, AdapterCase
from seedbed_testing.adapter_trials import Adapter
from seedbed_testing.adapters import check_adapter
from seedbed_testing.arrays import (
    check_bad_dtypes,
    check_bad_shapes,
    check_dtype,
    check_dtypes,
    check_edge_shapes,
    check_integer_dtypes,
    check_shape,
)
from seedbed_testing.clause import Check, Checkable
from seedbed_testing.configs import (
    check_config,
    check_copy,
    check_equality,
    check_pickle,
    check_repr,
    check_round_trip,
)
from seedbed_testing.declarations import check_declarations
from seedbed_testing.documented import check_docstring
from seedbed_testing.effects import check_memory, check_own_array, check_threads
from seedbed_testing.elsewhere import check_process
from seedbed_testing.engines import check_engine
from seedbed_testing.environments import FakeDistribution, fresh_catalogue, installed_catalogue
from seedbed_testing.finiteness import check_finite
from seedbed_testing.independence import check_fold_in
from seedbed_testing.marks import parametrize_checks
from seedbed_testing.mutation import check_no_mutation
from seedbed_testing.parts import check_fill, check_shard
from seedbed_testing.precision import check_precision
from seedbed_testing.refusals import check_refusals
from seedbed_testing.report import Report, Result
from seedbed_testing.runner import CHECKS, run_checks
from seedbed_testing.seeds import (
    check_fresh,
    check_global_state,
    check_repeat,
    check_seeds,
)
from seedbed_testing.statistics import check_bounds, check_mean, check_stddev

__all__ = [
    "ADAPTER_CASES",
    "CHECKS",
    "Adapter",
    "AdapterCase",
    "Check",
    "Checkable",
    "FakeDistribution",
    "Report",
    "Result",
    "check_adapter",
    "check_bad_dtypes",
    "check_bad_shapes",
    "check_bounds",
    "check_config",
    "check_copy",
    "check_declarations",
    "check_docstring",
    "check_dtype",
    "check_dtypes",
    "check_edge_shapes",
    "check_engine",
    "check_equality",
    "check_fill",
    "check_finite",
    "check_fold_in",
    "check_fresh",
    "check_global_state",
    "check_integer_dtypes",
    "check_mean",
    "check_memory",
    "check_no_mutation",
    "check_own_array",
    "check_pickle",
    "check_precision",
    "check_process",
    "check_refusals",
    "check_repeat",
    "check_repr",
    "check_round_trip",
    "check_seeds",
    "check_shape",
    "check_shard",
    "check_stddev",
    "check_threads",
    "fresh_catalogue",
    "installed_catalogue",
    "parametrize_checks",
    "run_checks",
]
