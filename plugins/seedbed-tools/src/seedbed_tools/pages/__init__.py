"""What is known of an initializer, and its reference page, made from the code."""

from seedbed_tools.pages.description import Description, Parameter, conflicts, describe
from seedbed_tools.pages.page import page
from seedbed_tools.pages.samples import Refusal, Sample, samples

__all__ = ["Description", "Parameter", "Refusal", "Sample", "conflicts", "describe", "page", "samples"]
