"""Physics for years 7 to 9."""

# ruff: noqa: ARG005, E501 - every calculation takes the same three digits; a question is one line
from __future__ import annotations

from edukit.ops.seed.curriculum.subjects.content import ConceptContent, SubjectContent, Sum, Syllabus, TopicContent

MOTION = TopicContent(
    "Motion and forces",
    "How things move, and what makes them move differently.",
    Syllabus(hours=18, exam_weight=0.35, needs=("MAT-1",)),
    (
        ConceptContent(
            "Units and measurement",
            "What units are for, and how to convert them.",
            (Sum("How many metres are {}.{} kilometres?", lambda a, b, c: (a, b, 1000 * a + 100 * b)),),
            ("The SI unit of mass is the kilogram.",),
            ("A kilogram is a unit of force.",),
            ("Why do scientists agree on units?",),
        ),
        ConceptContent(
            "Speed, distance and time",
            "How fast something moves, and how far it gets.",
            (
                Sum("A cyclist rides {} m in {} s. What is the average speed in m/s?", lambda a, b, c: (a * b * c, a * b, c)),
                Sum("How far, in km, does a train at {} km/h go in {} h?", lambda a, b, c: (10 * (a + b), c, 10 * (a + b) * c)),
            ),
            ("Speed is distance divided by time.",),
            ("Twice the distance in twice the time is twice the speed.",),
            ("How would you measure the speed of a runner?",),
        ),
        ConceptContent(
            "Distance-time graphs",
            "Reading a motion from its graph.",
            (Sum("A distance-time graph rises from {} m to {} m in {} s. What is the speed in m/s?",
                 lambda a, b, c: (a, a + b * c, c, b)),),
            ("A horizontal line on a distance-time graph means standing still.",),
            ("A steeper distance-time graph means a slower motion.",),
            ("Sketch the graph of your way to school and describe it.",),
        ),
        ConceptContent(
            "Balanced and unbalanced forces",
            "How forces add up, and what the resultant does to a motion.",
            (Sum("Forces of {} N to the right and {} N to the left act on a box. How large is the resultant in N?",
                 lambda a, b, c: (a + b + c, b, a + c)),),
            ("A body at constant velocity has no resultant force.",),
            ("A moving body always has a force in the direction of its motion.",),
            ("Which forces act on a book on a table?",),
        ),
        ConceptContent(
            "Mass and weight",
            "The difference between how much matter there is and how strongly it is pulled.",
            (Sum("With g = 10 N/kg, what is the weight in N of {} kg?", lambda a, b, c: (a + b * c, 10 * (a + b * c))),),
            ("An astronaut's mass is the same on the Moon.",),
            ("Weight is measured in kilograms.",),
            ("Explain the difference between mass and weight to a younger student.",),
        ),
    ),
)  # fmt: skip

ENERGY = TopicContent(
    "Energy",
    "Where energy is stored, and how it is transferred.",
    Syllabus(hours=12, exam_weight=0.25, needs=("PHY-1",)),
    (
        ConceptContent(
            "Energy stores and transfers",
            "Where energy is, where it goes, and that none is lost.",
            (Sum("A lamp takes {} J and gives {} J as light. How many joules heat the room?",
                 lambda a, b, c: (10 * (a + b), 5 * b, 10 * a + 5 * b)),),
            ("Energy is neither created nor destroyed.",),
            ("A battery that is used up has destroyed its energy.",),
            ("Follow the energy from breakfast to a jump.",),
        ),
        ConceptContent(
            "Work and power",
            "How much energy a force transfers, and how fast.",
            (Sum("A motor does {} J of work in {} s. What is its power in W?", lambda a, b, c: (a * b * c, a, b * c)),),
            ("One watt is one joule per second.",),
            ("Holding a heavy bag still does work on it.",),
            ("Who has more power: the one who climbs faster or the one who climbs higher?",),
        ),
        ConceptContent(
            "Heating and insulation",
            "How heat gets from one place to another, and what slows it.",
            (Sum("A house loses {} W through windows and {} W through walls. How many watts in all?",
                 lambda a, b, c: (100 * a, 50 * b, 100 * a + 50 * b)),),
            ("Trapped air is a good insulator.",),
            ("A coat makes its own heat.",),
            ("How does a vacuum flask keep tea hot?",),
        ),
    ),
)  # fmt: skip

ELECTRICITY = TopicContent(
    "Electricity",
    "Current, voltage and resistance in simple circuits.",
    Syllabus(
        hours=14,
        exam_weight=0.25,
        needs=(
            "PHY-2",
            "MAT-2",
        ),
    ),
    (
        ConceptContent(
            "Series and parallel circuits",
            "What current and voltage do on one path and on several.",
            (
                Sum(
                    "In a parallel circuit the branches carry {} A and {} A. What is the total current in A?",
                    lambda a, b, c: (a, b, a + b),
                ),
            ),
            ("In a series circuit the current is the same everywhere.",),
            ("Lamps in parallel share the voltage of the battery.",),
            ("Why are the lamps in a house wired in parallel?",),
        ),
        ConceptContent(
            "Ohm's law",
            "How voltage, current and resistance depend on each other.",
            (
                Sum("What is the voltage in V across {} Ω at {} A?", lambda a, b, c: (a + c, b, (a + c) * b)),
                Sum("A current of {} A flows at {} V. What is the resistance in Ω?", lambda a, b, c: (a, a * b, b)),
            ),
            ("At a fixed voltage, a greater resistance means a smaller current.",),
            ("Current is measured in volts.",),
            ("Describe an experiment that finds the resistance of a wire.",),
        ),
        ConceptContent(
            "Electrical power",
            "How much energy a device takes each second.",
            (
                Sum(
                    "A heater takes {} A at {} V. What is its power in W?",
                    lambda a, b, c: (a, 10 * (b + c), 10 * a * (b + c)),
                ),
            ),
            ("Power is voltage times current.",),
            ("A kilowatt-hour is a unit of power.",),
            ("What does the rating on a kettle tell you?",),
        ),
    ),
)

WAVES = TopicContent(
    "Waves",
    "Water, light and sound: what waves have in common.",
    Syllabus(hours=10, exam_weight=0.15, needs=("PHY-1",), unlock_xp=150),
    (
        ConceptContent(
            "Describing waves",
            "Amplitude, wavelength and frequency, and what a wave carries.",
            (Sum("{} waves pass in {} s. What is the frequency in Hz?", lambda a, b, c: (a * b, b, a)),),
            ("The amplitude is measured from the rest position.",),
            ("A wave carries matter from one place to another.",),
            ("Compare a wave on a rope with a sound wave.",),
        ),
        ConceptContent(
            "Reflection and refraction of light",
            "What light does at a mirror and between two materials.",
            (Sum("A ray meets a mirror {}° from the normal. At how many degrees from it is it reflected?",
                 lambda a, b, c: (5 * a + b, 5 * a + b)),),
            ("Light bends towards the normal when it enters glass from air.",),
            ("Light is fastest in glass.",),
            ("Why does a straw in water look bent?",),
        ),
        ConceptContent(
            "Sound and hearing",
            "How sound is made, travels and is heard.",
            (Sum("An echo returns after {} s. With 340 m/s, how many metres away is the wall?", lambda a, b, c: (a, 170 * a)),),
            ("Sound cannot travel through a vacuum.",),
            ("A louder sound travels faster.",),
            ("How does the ear turn vibrations into signals?",),
        ),
    ),
)  # fmt: skip

PHYSICS = SubjectContent(
    "PHY", "Physics", "Motion, energy, electricity and waves for years 7 to 9.", (MOTION, ENERGY, ELECTRICITY, WAVES)
)
