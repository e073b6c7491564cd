"""What this package adds to the catalogue besides its entry point."""

from __future__ import annotations

from seedbed import Deprecation, Entry, hookimpl


@hookimpl
def seedbed_initializers() -> list[Entry]:
    """Return a preset of a standard initializer, and the former name of one of ours."""
    return [
        Entry(
            "gpt2_normal",
            preset_of="random_normal",
            arguments={"stddev": 0.02},
            summary="Normal values of standard deviation 0.02, as in GPT-2.",
        ),
        Entry(
            "small_normal",
            preset_of="small_init",
            deprecated=Deprecation(since="0.1", removed_in="1.0", replaced_by="small_init"),
        ),
    ]
