"""The catalogue of a made-up organisation, as an example of a Seedbed plugin without code."""
