"""Hands over what `catalogue.toml` describes."""

import seedbed

seedbed_initializers = seedbed.hookimpl(
    lambda: seedbed.presets.load("seedbed_acme_example", "catalogue.toml")
)
