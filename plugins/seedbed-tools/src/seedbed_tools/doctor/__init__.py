"""What is installed, whether it works, and what keeps it from working."""

from seedbed_tools.doctor.diagnosis import Diagnosis, Package, diagnose

__all__ = ["Diagnosis", "Package", "diagnose"]
