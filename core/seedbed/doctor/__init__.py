"""What is installed, whether it works, and what keeps it from working."""

from seedbed.doctor.diagnosis import Diagnosis, Finding, Package, diagnose

__all__ = ["Diagnosis", "Finding", "Package", "diagnose"]
