"""What is known of an initializer, and its reference page, made from the code."""

from seedbed.pages.description import Description, Parameter, conflicts, describe
from seedbed.pages.page import page
from seedbed.pages.samples import Refusal, Sample, samples

__all__ = ["Description", "Parameter", "Refusal", "Sample", "conflicts", "describe", "page", "samples"]
