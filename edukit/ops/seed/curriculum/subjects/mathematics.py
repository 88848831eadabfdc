"""Mathematics for years 7 to 9."""

# ruff: noqa: ARG005 - every calculation takes the same three digits; a question is one line
from __future__ import annotations

from edukit.ops.seed.curriculum.subjects.content import ConceptContent, SubjectContent, Sum, Syllabus, TopicContent

NUMBER = TopicContent(
    "Number",
    "Whole numbers, fractions, decimals and percentages, and calculating with them surely.",
    Syllabus(hours=24, exam_weight=0.3),
    (
        ConceptContent(
            "Place value and rounding",
            "What each digit of a number is worth, and how to round it.",
            (
                Sum(
                    "Round {} to the nearest hundred.",
                    lambda a, b, c: ((n := 1000 * a + 100 * b + 11 * c), (n + 50) // 100 * 100),
                ),
            ),
            ("In 4,507 the digit 5 stands for five hundreds.",),
            ("Rounding 349 to the nearest hundred gives 400.",),
            ("Explain how you decide whether to round up or down.",),
        ),
        ConceptContent(
            "Adding and subtracting integers",
            "Calculating with positive and negative whole numbers.",
            (Sum("Work out {} - {}.", lambda a, b, c: (a - 10, b + c, a - 10 - b - c)),),
            ("Subtracting a negative number is the same as adding a positive one.",),
            ("The sum of two negative numbers is positive.",),
            ("Show -3 + 5 on a number line and describe the steps.",),
        ),
        ConceptContent(
            "Factors and multiples",
            "Which numbers divide a number, and which it divides.",
            (Sum("What is the lowest common multiple of {} and {}?", lambda a, b, c: (a * b, a * c * b, a * b * c)),),
            ("Every whole number greater than 1 has at least two factors.",),
            ("A multiple of 6 need not be a multiple of 3.",),
            ("List all factors of 36 and say how you know that none is missing.",),
        ),
        ConceptContent(
            "Equivalent fractions",
            "How one value can be written as many fractions.",
            (Sum("{}/{} = ?/{}. Which number is missing?", lambda a, b, c: (a, a + b, (a + b) * c, a * c)),),
            ("Multiplying numerator and denominator by the same number does not change a fraction's value.",),
            ("4/6 and 6/8 are equivalent.",),
            ("Draw two diagrams which show that 2/3 = 4/6.",),
        ),
        ConceptContent(
            "Adding fractions",
            "Bringing fractions to a common denominator and adding them.",
            (
                Sum("{0}/{2} + {1}/{2} is how many {2}ths?", lambda a, b, c: (a, b, a + b + c, a + b)),
                Sum(
                    "Work out 1/{} + 1/{} as a decimal, to two places.", lambda a, b, c: (a, b + c, 1 / a + 1 / (b + c))
                ),
            ),
            ("To add 1/3 and 1/4 you can use twelfths.",),
            ("1/2 + 1/3 = 2/5.",),
            ("A friend says 1/2 + 1/4 = 2/6. What went wrong?",),
        ),
        ConceptContent(
            "Multiplying and dividing fractions",
            "What it means to take a part of a part, and how often a part fits.",
            (Sum("Work out {} ÷ 1/{}.", lambda a, b, c: (a + c, b, (a + c) * b)),),
            ("Dividing by 1/2 doubles a number.",),
            ("Multiplying always makes a number larger.",),
            ("Explain why 6 ÷ 1/3 is 18.",),
        ),
        ConceptContent(
            "Decimals and percentages",
            "Writing parts of a whole as decimals and per cent, and calculating with them.",
            (Sum("What is {}% of {}?", lambda a, b, c: (10 * a, 10 * b * c, a * b * c)),),
            ("0.07 is the same as 7%.",),
            ("A price that rises by 10% and falls by 10% is back where it began.",),
            ("When would you use a decimal rather than a percentage?",),
        ),
    ),
)

RATIO = TopicContent(
    "Ratio and proportion",
    "Comparing quantities and scaling them up and down.",
    Syllabus(hours=14, exam_weight=0.2, needs=("MAT-1",)),
    (
        ConceptContent(
            "Simplifying ratios",
            "Comparing quantities by the smallest whole numbers.",
            (Sum("The ratio {}:{} is simplified to {}:?", lambda a, b, c: (a * c, (a + 1) * c, a, a + 1)),),
            ("The ratios 8:12 and 2:3 are equal.",),
            ("The ratio 2:3 is the same as the ratio 3:2.",),
            ("Give a recipe as a ratio and simplify it.",),
        ),
        ConceptContent(
            "Sharing in a ratio",
            "Dividing an amount into unequal parts.",
            (Sum("Share {} euros in the ratio {}:{}. How much is the first share?",
                 lambda a, b, c: ((a + b) * c * 2, a, b, a * c * 2)),),
            ("Sharing 20 in the ratio 2:3 gives 8 and 12.",),
            ("Sharing in the ratio 1:3 means that one person gets a third.",),
            ("Two people work 3 and 5 hours. How should they share their pay, and why?",),
        ),
        ConceptContent(
            "Direct proportion",
            "Quantities that grow together, and how to find a missing one.",
            (Sum("{} notebooks cost {} euros. How many euros do {} cost?", lambda a, b, c: (a, a * b, c, b * c)),),
            ("In direct proportion, doubling one quantity doubles the other.",),
            ("If 4 painters need 6 hours, 8 painters need 12 hours.",),
            ("Give two quantities that are in proportion and two that are not.",),
        ),
        ConceptContent(
            "Percentage change",
            "Rises and falls in per cent, one after another too.",
            (Sum("A price of {} euros rises by {}%. What is the new price?",
                 lambda a, b, c: (100 * (a + c), 10 * b, (a + c) * (100 + 10 * b))),),
            ("Multiplying by 1.2 is an increase of 20%.",),
            ("A fall from 50 to 40 is a fall of 25%.",),
            ("Why is a rise of 50% followed by a fall of 50% not zero?",),
        ),
    ),
)  # fmt: skip

ALGEBRA = TopicContent(
    "Algebra",
    "Letters for numbers: expressions, equations, sequences and graphs.",
    Syllabus(hours=26, exam_weight=0.35, needs=("MAT-1",)),
    (
        ConceptContent(
            "Algebraic notation",
            "How letters stand for numbers, and how to put numbers in their place.",
            (Sum("What is {}x + {} when x = {}?", lambda a, b, c: (a, b, c, a * c + b)),),
            ("3x means 3 times x.",),
            ("x + x + x is the same as x³.",),
            ("Write an expression for the perimeter of a rectangle and explain its letters.",),
        ),
        ConceptContent(
            "Collecting like terms",
            "Which terms can be added, and how to simplify with them.",
            (Sum("Simplify {}x + {}x - {}x. What is the number before x?", lambda a, b, c: (a, b, c, a + b - c)),),
            ("5a and 2a are like terms.",),
            ("3a + 4b simplifies to 7ab.",),
            ("Why can 2x and 2x² not be added into one term?",),
        ),
        ConceptContent(
            "Expanding brackets",
            "Multiplying every term in a bracket.",
            (Sum("Expand {}(x + {}). What is the constant term?", lambda a, b, c: (a, b + c, a * (b + c))),),
            ("2(x + 3) is equal to 2x + 6.",),
            ("4(x + 1) is equal to 4x + 1.",),
            ("Use an area diagram to expand 3(x + 4).",),
        ),
        ConceptContent(
            "Solving linear equations",
            "Finding the unknown by doing the same to both sides.",
            (
                Sum("Solve {}x + {} = {}.", lambda a, b, c: (a, b, a * c + b, c)),
                Sum("Solve {}x - {} = {}.", lambda a, b, c: (a, b, a * c - b, c)),
            ),
            ("Adding the same number to both sides keeps an equation true.",),
            ("x/3 = 6 has the solution x = 2.",),
            ("Describe how you check that your solution is right.",),
        ),
        ConceptContent(
            "Equations with unknowns on both sides",
            "Bringing the unknowns to one side before solving.",
            (Sum("Solve {}x + {} = {}x + {}.", lambda a, b, c: (a + b, c, a, b * c + c, c)),),
            ("In 5x = 2x + 9 you can subtract 2x from both sides.",),
            ("4x + 1 = 4x + 2 has exactly one solution.",),
            ("Which side do you collect the unknowns on, and why?",),
        ),
        ConceptContent(
            "Sequences and the nth term",
            "Describing how a sequence grows, and finding any of its terms.",
            (
                Sum(
                    "A sequence has the nth term {}n + {}. What is its term number {}?",
                    lambda a, b, c: (a, b, c, a * c + b),
                ),
            ),
            ("The sequence 4, 7, 10, 13 has the nth term 3n + 1.",),
            ("Every sequence of numbers grows by a constant amount.",),
            ("Make a pattern of matches and find its nth term.",),
        ),
        ConceptContent(
            "Straight-line graphs",
            "Gradient and intercept of a line, and what they say about it.",
            (
                Sum(
                    "What is the gradient of the line through (0, {}) and ({}, {})?",
                    lambda a, b, c: (a, b, a + b * c, c),
                ),
            ),
            ("The line y = 2x + 5 crosses the y-axis at 5.",),
            ("The steeper of two lines always has the greater y-intercept.",),
            ("Describe how the graph of y = x changes into that of y = 3x - 2.",),
        ),
    ),
)

GEOMETRY = TopicContent(
    "Geometry",
    "Angles, areas and right-angled triangles.",
    Syllabus(hours=12, exam_weight=0.15, needs=("MAT-1", "MAT-3"), unlock_xp=150),
    (
        ConceptContent(
            "Angles in triangles",
            "Why the angles of a triangle add up to 180°, and how to use it.",
            (Sum("A triangle has angles of {}° and {}°. How large is the third?",
                 lambda a, b, c: (10 * a, 5 * b + c, 180 - 10 * a - 5 * b - c)),),
            ("The angles of a triangle add up to 180°.",),
            ("A triangle can have two obtuse angles.",),
            ("Show, by tearing corners or by parallel lines, why the angles add up to 180°.",),
        ),
        ConceptContent(
            "Area of compound shapes",
            "Cutting a shape into parts whose area is known.",
            (Sum("A {} by {} rectangle has a {} by 1 rectangle cut out. What area is left?",
                 lambda a, b, c: (a + c, b + 1, c, (a + c) * (b + 1) - c)),),
            ("The area of a triangle is half of base times height.",),
            ("Two shapes of the same perimeter have the same area.",),
            ("Find the area of an L-shaped room in two ways.",),
        ),
        ConceptContent(
            "Pythagoras' theorem",
            "How the sides of a right-angled triangle belong together.",
            (Sum("A right-angled triangle has legs of {} cm and {} cm. How long is the hypotenuse, to two places?",
                 lambda a, b, c: (a + c, b, ((a + c) ** 2 + b**2) ** 0.5)),),
            ("A triangle with sides 5, 12 and 13 is right-angled.",),
            ("Pythagoras' theorem holds in every triangle.",),
            ("How could you check with a rope that a corner is square?",),
        ),
    ),
)  # fmt: skip

MATHEMATICS = SubjectContent(
    "MAT", "Mathematics", "Numbers, algebra and geometry for years 7 to 9.", (NUMBER, RATIO, ALGEBRA, GEOMETRY)
)
