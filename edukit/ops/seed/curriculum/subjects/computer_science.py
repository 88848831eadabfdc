"""Computer science for years 7 to 9."""

# ruff: noqa: ARG005, E501 - every calculation takes the same three digits; a question is one line
from __future__ import annotations

from edukit.ops.seed.curriculum.subjects.content import ConceptContent, SubjectContent, Sum, Syllabus, TopicContent

DATA = TopicContent(
    "Data",
    "How numbers, texts and pictures are kept as bits.",
    Syllabus(hours=12, exam_weight=0.2, needs=("MAT-1",)),
    (
        ConceptContent(
            "Binary numbers",
            "Writing numbers with two digits only.",
            (Sum("What is the binary number {:b} in decimal?", lambda a, b, c: (a * b + c, a * b + c)),),
            ("Binary 1010 is decimal 10.",),
            ("Binary 11 is decimal 11.",),
            ("Explain the place values of a byte.",),
        ),
        ConceptContent(
            "Hexadecimal",
            "Sixteen digits, and why they suit bytes.",
            (Sum("What is the hexadecimal number {:x} in decimal?", lambda a, b, c: (16 * a + b + c % 7, 16 * a + b + c % 7)),),
            ("The hexadecimal digit F stands for 15.",),
            ("Hexadecimal 10 is decimal 10.",),
            ("Where have you seen hexadecimal numbers, and why there?",),
        ),
        ConceptContent(
            "Text and images as bits",
            "How characters and pictures become numbers.",
            (Sum("An image is {} by {} pixels with {} bits each. How many bits are needed?",
                 lambda a, b, c: (10 * a, 10 * b, c, 100 * a * b * c)),),
            ("More bits for each pixel allow more colours.",),
            ("Every character takes exactly one bit.",),
            ("Why does an enlarged photo look blocky?",),
        ),
    ),
)  # fmt: skip

ALGORITHMS = TopicContent(
    "Algorithms",
    "Clear steps that solve a problem, and how good they are.",
    Syllabus(hours=16, exam_weight=0.3, needs=("CSC-1",)),
    (
        ConceptContent(
            "Decomposition and abstraction",
            "Cutting a problem into parts and leaving out what does not matter.",
            facts=("Decomposition splits a problem into parts.", "A map is an abstraction."),
            myths=(
                "Abstraction adds detail.",
                "Only programmers decompose.",
                "A part must be solved by the same person.",
            ),
            prompts=("Decompose the planning of a school trip.",),
        ),
        ConceptContent(
            "Flowcharts",
            "Drawing the steps and decisions of an algorithm.",
            facts=("A diamond stands for a decision.", "Arrows show the order of steps."),
            myths=("A flowchart cannot loop.", "A rectangle stands for a decision.", "A decision has one way out."),
            prompts=("Draw a flowchart that guesses a number.",),
        ),
        ConceptContent(
            "Linear and binary search",
            "Two ways to find something in a list, and what each costs.",
            (
                Sum(
                    "How many comparisons does a linear search of {} items need at worst?",
                    lambda a, b, c: (a * b + c, a * b + c),
                ),
            ),
            ("Binary search needs sorted data.",),
            ("Linear search needs sorted data.",),
            ("When is a linear search the better choice?",),
        ),
        ConceptContent(
            "Sorting",
            "How to put a list in order, and how long that takes.",
            (
                Sum(
                    "How many comparisons has the first pass of a bubble sort over {} items?",
                    lambda a, b, c: (a * b, a * b - 1),
                ),
            ),
            ("Merge sort splits a list into halves.",),
            ("Bubble sort is the fastest sort for long lists.",),
            ("Sort 5, 2, 8, 1 by bubble sort and show each pass.",),
        ),
    ),
)

PROGRAMMING = TopicContent(
    "Programming",
    "Telling a computer what to do, in Python.",
    Syllabus(
        hours=24,
        exam_weight=0.35,
        needs=(
            "CSC-2",
            "MAT-3",
        ),
    ),
    (
        ConceptContent(
            "Variables and types",
            "Names for values, and what kind of values there are.",
            (Sum("After x = {}; x = x + {}, what is x?", lambda a, b, c: (a * c, b, a * c + b)),),
            ("'7' in quotation marks is text.",),
            ("A variable keeps all the values it ever had.",),
            ("Why does '2' + '3' give '23'?",),
        ),
        ConceptContent(
            "Selection with if and else",
            "Letting a program decide what to do.",
            (Sum("x = {}; if x > {}: x = x - {}. What is x now?", lambda a, b, c: (a + b, b, c, a + b - c)),),
            ("The else branch runs when the condition is false.",),
            ("Both branches of an if always run.",),
            ("Write the conditions for a ticket price by age.",),
        ),
        ConceptContent(
            "Loops",
            "Doing something again and again, and when to stop.",
            (
                Sum(
                    "A loop adds {} to a total {} times, from zero. What is the total?",
                    lambda a, b, c: (a, b + c, a * (b + c)),
                ),
            ),
            ("A while loop may run no times at all.",),
            ("A for loop never ends.",),
            ("Which loop would you use to read until 'stop', and why?",),
        ),
        ConceptContent(
            "Lists",
            "Keeping many values in order, and getting at each of them.",
            (
                Sum(
                    "A list has {} items, indexed from 0. What is the index of the last?",
                    lambda a, b, c: (a * b, a * b - 1),
                ),
            ),
            ("The first item of a Python list has index 0.",),
            ("A list can hold one type of value only in Python.",),
            ("How would you find the largest number in a list?",),
        ),
        ConceptContent(
            "Functions and parameters",
            "Giving a piece of program a name and something to work on.",
            (Sum("f(x) returns {}*x + {}. What is f({})?", lambda a, b, c: (a, b, c, a * c + b)),),
            ("A function can return a value.",),
            ("A function can be called only once.",),
            ("Why are functions worth writing?",),
        ),
    ),
)

NETWORKS = TopicContent(
    "Networks and safety",
    "How computers talk to each other, and how to stay safe there.",
    Syllabus(hours=8, exam_weight=0.15, needs=("CSC-1",), unlock_xp=200),
    (
        ConceptContent(
            "How the internet works",
            "Packets, addresses and names on their way through the network.",
            facts=("Data travels in packets.", "DNS turns names into addresses."),
            myths=("The web and the internet are the same.", "Packets take one fixed way.", "An IP address is a password."),
            prompts=("What happens between typing an address and seeing the page?",),
        ),
        ConceptContent(
            "Passwords and privacy",
            "How to keep accounts and personal data safe.",
            facts=("A long passphrase is hard to guess.", "A second factor protects a stolen password."),
            myths=("A padlock in the browser means a site is honest.", "One good password fits all sites.",
                   "Deleted posts are gone for good."),
            prompts=("Advise a younger student on choosing a password.",),
        ),
    ),
)  # fmt: skip

COMPUTER_SCIENCE = SubjectContent(
    "CSC",
    "Computer Science",
    "Data, algorithms and programs for years 7 to 9.",
    (DATA, ALGORITHMS, PROGRAMMING, NETWORKS),
)
