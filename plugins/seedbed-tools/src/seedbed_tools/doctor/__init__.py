"""What is installed, whether it works, and what keeps it from working."""

from seedbed_tools.doctor.diagnosis import Diagnosis, Package, diagnose
from seedbed_tools.doctor.finding import Finding

__all__ = ["Diagnosis", "Finding", "Package", "diagnose"]
