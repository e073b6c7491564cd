from collections.abc import Buffer

def draw(
    cpu: int,
    tables: tuple[Buffer, ...],
    out: Buffer,
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
def advise(out: Buffer, /) -> None: ...
