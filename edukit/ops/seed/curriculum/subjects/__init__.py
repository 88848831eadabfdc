"""The subjects of the demo school, as a teacher would plan them for years 7 to 9."""

from edukit.ops.seed.curriculum.subjects.biology import BIOLOGY
from edukit.ops.seed.curriculum.subjects.computer_science import COMPUTER_SCIENCE
from edukit.ops.seed.curriculum.subjects.content import ConceptContent, SubjectContent, Sum, Syllabus, TopicContent
from edukit.ops.seed.curriculum.subjects.english import ENGLISH
from edukit.ops.seed.curriculum.subjects.mathematics import MATHEMATICS
from edukit.ops.seed.curriculum.subjects.physics import PHYSICS

SUBJECTS = (MATHEMATICS, PHYSICS, ENGLISH, BIOLOGY, COMPUTER_SCIENCE)
"""Mathematics first: every form takes it."""

__all__ = ["SUBJECTS", "ConceptContent", "SubjectContent", "Sum", "Syllabus", "TopicContent"]
