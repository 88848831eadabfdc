"""The subjects of the demo school, as a teacher would plan them for years 7 to 9."""

from edukit.ops.seed.subjects.biology import BIOLOGY
from edukit.ops.seed.subjects.computer_science import COMPUTER_SCIENCE
from edukit.ops.seed.subjects.content import ConceptContent, SubjectContent, Sum, TopicContent
from edukit.ops.seed.subjects.english import ENGLISH
from edukit.ops.seed.subjects.mathematics import MATHEMATICS
from edukit.ops.seed.subjects.physics import PHYSICS

SUBJECTS = (MATHEMATICS, PHYSICS, ENGLISH, BIOLOGY, COMPUTER_SCIENCE)
"""Mathematics first: every form takes it."""

__all__ = ["SUBJECTS", "ConceptContent", "SubjectContent", "Sum", "TopicContent"]
