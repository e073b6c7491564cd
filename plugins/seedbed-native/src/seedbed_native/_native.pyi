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
