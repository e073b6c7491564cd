"""What is known of an initializer, and its reference page, made from the code."""

from typing import TYPE_CHECKING

from seedbed.on_demand import on_demand

if TYPE_CHECKING:
    from seedbed_tools.pages.description import Description, Parameter, describe
    from seedbed_tools.pages.entry_page import page
    from seedbed_tools.pages.sampling import Refusal, Sample, samples

__all__ = [
    "Description",
    "Parameter",
    "Refusal",
    "Sample",
    "describe",
    "page",
    "samples",
]

__getattr__ = on_demand(
    __name__,
    {
        "Description": "description",
        "Parameter": "description",
        "Refusal": "sampling",
        "Sample": "sampling",
        "describe": "description",
        "page": "entry_page",
        "samples": "sampling",
    },
)
