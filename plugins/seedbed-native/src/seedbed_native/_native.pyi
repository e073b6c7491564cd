from typing import Any

def draw(
    cpu: int,
    tables: tuple[Any, ...],
    out: Any,
    key_low: int,
    key_high: int,
    base: int,
    run: int,
    step: int,
    counts: tuple[int, ...],
    strides: tuple[int, ...],
    first: int,
    last: int,
    /,
) -> None: ...
def instructions() -> list[tuple[int, str]]: ...
def advise(out: Any, /) -> None: ...
def elementary(function: int, x: Any, y: Any, out: Any, log_table: Any, exp_table: Any, /) -> None: ...
