"""What is slow or wrong in a live database now, and why: one question a file.

``look`` reads, ``examine`` asks the questions, ``report`` says what was found. The questions judge
values; what is found is ranked by the harm that it does.
"""

from outofband.doctor.examine import Examination, examine
from outofband.doctor.subject import Subject

__all__ = ["Examination", "Subject", "examine"]
